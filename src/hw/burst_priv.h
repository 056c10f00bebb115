/* burst_priv.h - the channels of fidelity `burst`, shared by memsys_burst.c (event queue) and
 * memsys_alone.c (fast path of a single active channel). */
#ifndef ZYNQSIM_BURST_PRIV_H
#define ZYNQSIM_BURST_PRIV_H

#include "dram_priv.h"
#include "memsys_priv.h"
#include "zynqsim/des.h"

/* Actors of the event queue: the channels, then one arbiter per direction and controller, which
 * wakes up when the queue has space for the waiting request. */
enum { ARBITER = ZS_CHANNEL_N };
_Static_assert(ARBITER + 2 * ZS_MEMORY_CHANNELS_MAX <= ZS_DES_ACTORS, "too many actors");

/* A burst between its address and the end of its data. */
typedef struct flight {
    uint64_t first_at, last_at; /* PL cycles the memory's data allow for its first and last beat */
    uint32_t beats;
    uint16_t requests; /* not yet issued by the controller; one more while it is being sent */
} flight;

/* A DRAM channel: its controller and the AXI channels that wait for it. */
typedef struct memory_channel {
    zs_dram *dram;
    uint32_t arbiter;    /* actor of its reads; that of its writes is the next one */
    uint32_t waiting[2]; /* mask of channels at the arbiter of a direction */
    uint32_t served[2];  /* channel served last, for round-robin */
} memory_channel;

typedef struct channel_state {
    uint32_t i; /* of this channel */
    zs_channel_counts *counts;
    zs_axi_params port;
    bool is_write, busy, all_sent;
    bool at_row_start; /* the next burst is the first of a row, not of a transfer */
    zs_dma_rules rules;
    bool has_row_rules, rows_wait;   /* the rules delay rows; rows of `xfer` are delayed */
    bool ends_later;                 /* no burst ends in the DDR cycle of its arrival */
    uint32_t to_memory, from_memory; /* PL cycles of latency in each direction */
    uint32_t hit_pl_cycles; /* from a read's address to its first beat at the latest, if it hits */
    zs_xfer xfer;           /* its rows are being sent ... */
    zs_xfer xfers[ZS_CHAIN_MAX]; /* ... then those of later ones, as if they were its rows */
    uint32_t xfer_i, xfer_n;
    uint64_t addr; /* next byte not yet in a burst, and the row and plane it is in */
    uint64_t row_addr, row_end, plane_addr;
    uint32_t rows_left, planes_left;
    uint64_t row_at;                        /* earliest address of the row, once it is copied */
    uint64_t unpacked_at, unpacking_behind; /* earliest end of a load; cycles after its last beat */
    zs_axi_flow flow;
    flight flights[ZS_AXI_OUTSTANDING];
    uint32_t sending_i;     /* flight of `sending`; [burst % OUTSTANDING] as in flow */
    memory_channel *memory; /* its destination */
    zs_dram_req sending;    /* rest of the burst at the arbiter that is not yet queued */
    uint64_t sending_last;  /* write: PL cycle of its last beat */
    uint64_t sent_at;       /* PL cycle of its address */
    uint64_t arrives_at;    /* DDR cycle at which it reaches the arbiter */
    uint64_t done_at;       /* cycle after the last event of the transfer, once known */
} channel_state;

/* Measured steady state of channels that read the same rows repeatedly (memsys_repeat.c). */
typedef struct repeat_pace {
    uint32_t working; /* mask; 0: not measured yet */
    uint64_t addr[ZS_CHANNEL_N], bytes[ZS_CHANNEL_N];
    uint32_t row_bytes[ZS_CHANNEL_N];
    zs_dram_counts dram;
} repeat_pace;

struct zs_burst_sys {
    memory_channel memory[ZS_MEMORY_CHANNELS_MAX];
    uint32_t memory_n, block_shift; /* channels are interleaved in blocks of 2^shift bytes */
    uint64_t lookahead;             /* least DDR cycles for one controller to affect another */
    uint64_t reached;               /* DDR cycle up to which all controllers have decided */
    zs_dram_counts sum;             /* of all of them */
    zs_clock_pair clock;
    zs_des des;
    channel_state *channels[ZS_CHANNEL_N];
    uint32_t finished;     /* mask of channels with a known but unreported end */
    uint64_t end, end_ddr; /* the earliest of their ends, or never */
    uint32_t end_channel;
    uint32_t working; /* mask of channels with an unreported transfer */
    uint32_t queued;  /* requests queued in the controllers */
    uint64_t events;
    uint32_t repeating; /* mask of `working`: channels that read one row repeatedly */
    uint64_t at;        /* PL cycle up to which all is simulated */
    repeat_pace pace;
    uint64_t skipped; /* PL cycles added outside only (memsys_repeat.c) */
    const zs_memsys_watch *watch;
};

/* Simulates bursts of the only active channel, whose burst is at the arbiter in DDR cycle `at` of
 * an idle controller, to completion while nothing else can arrive. False: not even the first; true:
 * the next one, if any, is scheduled. */
bool zs_burst_alone(zs_burst_sys *bs, channel_state *c, uint64_t at, uint64_t limit_ddr);

/* The next completion, in inside time (without `skipped`); see zs_memsys_next. */
bool zs_burst_next(zs_burst_sys *bs, uint64_t limit, uint32_t *channel, uint64_t *done_at);
/* The same for channels that read one row repeatedly. */
bool zs_burst_repeats(const channel_state *c);
bool zs_burst_repeat(zs_burst_sys *bs, uint64_t limit, uint32_t *channel, uint64_t *done_at);

/* ---- from descriptor to bursts --------------------------------------------------------------- */

static ZS_INLINE void begin_row(channel_state *c)
{
    c->addr = c->row_addr;
    c->row_end = c->row_addr + c->xfer.row_bytes;
}

/* The first row of the next transfer that has any; false: there is none. */
static inline bool next_xfer(channel_state *c)
{
    while (c->xfer_i < c->xfer_n && zs_xfer_bytes(&c->xfers[c->xfer_i]) == 0)
        c->xfer_i++;
    if (c->xfer_i >= c->xfer_n)
        return false;
    c->xfer = c->xfers[c->xfer_i];
    c->rows_wait = c->has_row_rules || c->xfer.side_bytes != 0;
    c->row_addr = c->plane_addr = c->xfer.addr;
    c->rows_left = c->xfer.row_n;
    c->planes_left = c->xfer.plane_n;
    begin_row(c);
    return true;
}

static ZS_INLINE void next_row(channel_state *c)
{
    c->at_row_start = true;
    if (--c->rows_left != 0) {
        c->row_addr += c->xfer.row_pitch_bytes;
    } else if (--c->planes_left != 0) {
        c->plane_addr += c->xfer.plane_pitch_bytes;
        c->row_addr = c->plane_addr;
        c->rows_left = c->xfer.row_n;
    } else {
        c->xfer_i++;
        c->all_sent = !next_xfer(c);
        return;
    }
    begin_row(c);
}

static ZS_INLINE zs_axi_burst take_burst(channel_state *c)
{
    const zs_axi_burst burst = zs_axi_cut(&c->port, c->addr, c->row_end - c->addr);
    c->addr += burst.bytes;
    if (c->addr == c->row_end)
        next_row(c);
    return burst;
}

static inline uint32_t tag_of(uint32_t channel, uint32_t flight_i)
{
    return channel | flight_i << 8;
}

/* Delays the address of a new row; false: the previous row has not arrived. */
static inline bool row_may_start(channel_state *c)
{
    if (!c->at_row_start)
        return true;
    const uint64_t copy = c->is_write ? zs_copy_pl_cycles(&c->xfer) : 0;
    if (c->rules.block_rows || copy != 0) {
        if (zs_axi_flow_outstanding(&c->flow) != 0)
            return false;
        c->flow.address_at = zs_max_u64(c->flow.address_at, c->done_at + 1);
    }
    if (copy != 0)
        c->flow.address_at = zs_copied_at(copy, c->xfer.stage_n, c->row_at, c->flow.address_at);
    c->flow.address_at += c->rules.row_gap;
    c->row_at = c->flow.address_at;
    c->at_row_start = false;
    return true;
}

/* Takes the next burst and its address, in cycle *at, as soon as one more may be outstanding. */
static ZS_INLINE bool next_address(channel_state *c, zs_axi_burst *burst, uint64_t *at)
{
    if (c->all_sent || (c->rows_wait && !row_may_start(c)) || zs_axi_flow_is_full(&c->flow))
        return false;
    *at = zs_axi_flow_address(&c->flow);
    *burst = take_burst(c);
    zs_axi_flow_issue(&c->flow, *at);
    c->flow.address_at = *at + c->rules.address_interval;
    return true;
}

/* Makes a burst the next one for the arbiter. */
static ZS_INLINE void hold_burst(channel_state *c, uint32_t flight_i, const zs_axi_burst *burst)
{
    c->flights[flight_i] = (flight){.beats = burst->beats, .requests = 1};
    c->sending = (zs_dram_req){.addr = burst->addr,
                               .bytes = burst->bytes,
                               .tag = tag_of(c->i, flight_i),
                               .is_write = c->is_write};
    c->sending_i = flight_i;
}

static ZS_INLINE bool send_address(channel_state *c)
{
    const uint32_t flight_i = c->flow.sent % ZS_AXI_OUTSTANDING;
    zs_axi_burst burst;
    if (c->sending.bytes != 0 || !next_address(c, &burst, &c->sent_at))
        return false;
    hold_burst(c, flight_i, &burst);
    return true;
}

/* Sends the data of a write whose address left in cycle `sent_at`: the cycle of the last beat. */
static inline uint64_t send_beats(channel_state *c, uint32_t beats, uint64_t sent_at)
{
    const uint64_t last = zs_axi_flow_beats(&c->flow, beats, sent_at + c->rules.write_data, 0);
    c->flow.beat_at += c->rules.write_gap;
    return last;
}

/* A read leaves for the controller with its address, a write with its last beat. */
static inline uint64_t leaves_at(const channel_state *c)
{
    return c->is_write ? c->sending_last : c->sent_at;
}

/* Counts bursts accepted by the controller. */
static inline void count_taken(channel_state *c, uint64_t bursts, uint64_t beats)
{
    c->counts->bursts += bursts;
    c->counts->beats += beats;
}

/* ---- end of a burst -------------------------------------------------------------------------- */

static inline void find_end(zs_burst_sys *bs)
{
    bs->end = UINT64_MAX;
    for (uint32_t left = bs->finished; left != 0; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctz(left);
        if (bs->channels[i]->done_at < bs->end) {
            bs->end = bs->channels[i]->done_at;
            bs->end_channel = i;
        }
    }
    bs->end_ddr = zs_pl_to_ddr(&bs->clock, bs->end);
}

/* After its last burst the transfer ends `finish` cycles later. */
static inline void end_if_all(zs_burst_sys *bs, channel_state *c)
{
    if (!c->all_sent || zs_axi_flow_outstanding(&c->flow) != 0)
        return;
    c->done_at += c->rules.finish - 1;
    c->done_at = zs_max_u64(c->done_at + c->unpacking_behind, c->unpacked_at);
    bs->finished |= 1u << c->i;
    find_end(bs);
}

static inline void finish_burst(zs_burst_sys *bs, channel_state *c, uint64_t at)
{
    zs_axi_flow_finish(&c->flow, at);
    c->done_at = at + 1;
    end_if_all(bs, c);
}

/* Whether the memory takes longer from the first to the last data, `span` DDR cycles, than the
 * beats on the port. */
static inline bool is_slower_than_beats(const zs_burst_sys *bs, uint64_t span, uint32_t beats)
{
    return span * bs->clock.tck_ps > (beats - 1) * bs->clock.pl_ps;
}

/* Earliest first and last beat of a read whose data come from DDR cycle `first` on. */
static inline void read_data(const zs_burst_sys *bs, const channel_state *c, uint64_t first,
                             uint64_t span, uint32_t beats, uint64_t *first_at, uint64_t *last_at)
{
    *first_at = zs_ddr_to_pl(&bs->clock, first) + c->from_memory;
    *last_at = 0;
    if (is_slower_than_beats(bs, span, beats))
        *last_at = zs_ddr_to_pl(&bs->clock, first + span) + c->from_memory;
}

#endif
