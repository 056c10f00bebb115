#include "burst_priv.h"

/* Bursts behind the one being sent that are sure to lie in its page of DRAM, [page, page_end):
 * pieces of the same row of the transfer, then one at least per row of the same plane. */
static uint64_t bursts_behind(const channel_state *c, uint64_t page, uint64_t page_end)
{
    const uint64_t burst = (uint64_t)c->port.max_beats * c->port.beat_bytes;
    const uint64_t pitch = c->xfer.row_pitch_bytes, row_end = c->row_addr + c->xfer.row_bytes;
    if (c->all_sent || c->addr < page || c->addr >= page_end)
        return 0;
    if (row_end > page_end) /* the last burst may reach into the next page, but not across 4 KiB */
        return (page_end - c->addr + (page_end % ZS_AXI_BOUNDARY == 0 ? burst - 1 : 0)) / burst;
    const uint64_t pieces = c->row_left <= burst ? 1 : zs_ceil_div(c->row_left, burst);
    const uint64_t room = page_end - row_end, rows = c->rows_left - 1u;
    if (pitch > room || c->row_addr + pitch < page)
        return pieces;
    return pieces + (pitch * rows <= room ? rows : room / pitch);
}

/* The burst that a channel is sending. */
typedef struct departure {
    zs_axi_burst burst;
    uint64_t leaves, at;  /* PL cycle as leaves_at, DDR cycle of its arrival */
    uint64_t due;         /* of its turn: not before the one behind which it arrives */
    uint64_t undisturbed; /* DDR cycle before which nothing arrives but for its page, as known */
} departure;

/* Sends the next burst. False: there is none. */
static inline bool depart(const zs_burst_sys *bs, channel_state *c, departure *d)
{
    if (!next_address(c, &d->burst, &c->sent_at))
        return false;
    d->leaves = c->is_write ? send_beats(c, d->burst.beats, c->sent_at) : c->sent_at;
    const uint64_t before = d->due;
    d->at = zs_pl_to_ddr(&bs->clock, d->leaves + c->to_memory);
    d->due = zs_max_u64(d->at, before + 1);
    return true;
}

/* Cycle in which a burst is over whose data are as in `done`. */
static inline uint64_t over_at(const zs_burst_sys *bs, channel_state *c, const departure *d,
                               const zs_dram_done *done)
{
    uint64_t first_at, last_at;
    if (c->is_write)
        return d->leaves + c->to_memory + c->from_memory;
    read_data(bs, c, done, d->burst.beats, &first_at, &last_at);
    return zs_axi_flow_beats(&c->flow, d->burst.beats, first_at, last_at);
}

/* Ends the burst, and sends the next one: false when there is none. */
static ZS_INLINE bool go_on(const zs_burst_sys *bs, channel_state *c, departure *d,
                            const zs_dram_done *done)
{
    const uint64_t over = over_at(bs, c, d, done);
    c->counts->bytes += d->burst.bytes;
    count_taken(c, 1, d->burst.beats);
    zs_axi_flow_finish(&c->flow, over);
    c->done_at = over + 1;
    return depart(bs, c, d);
}

/* ---- gliding -------------------------------------------------------------------------------- */

typedef struct glided {
    uint64_t bursts, transactions, bytes, beats;
    uint64_t left_at; /* PL cycle and transactions of the last burst */
    uint32_t n;
} glided;

/* Tells channel and memory what went by; *d is the burst behind. */
static inline void end_glide(const zs_burst_sys *bs, channel_state *c, const glided *g,
                             zs_dram_hits *h, departure *d)
{
    c->counts->bytes += g->bytes;
    count_taken(c, g->bursts, g->beats);
    c->done_at = c->flow.beat_at;
    c->sent_at = d->leaves;
    h->bursts += g->bursts;
    h->transactions += g->transactions;
    h->bytes += g->bytes;
    h->last_at = h->block_at = zs_pl_to_ddr(&bs->clock, g->left_at + c->to_memory) + ENTRY;
    h->block_n = g->n;
    h->bus_at = h->last_at + (uint64_t)bs->dram->gap * g->n;
    d->at = zs_pl_to_ddr(&bs->clock, d->leaves + c->to_memory);
    d->due = zs_max_u64(d->at, h->last_at - ENTRY + 1);
}

/* Takes reads off by the rules of the channel alone: as long as they hit the open row while the
 * data bus is idle and their data are there while earlier beats still occupy the channel, the
 * memory has no say in when they are over. Returns as follow_hits does. */
static bool glide(const zs_burst_sys *bs, channel_state *c, zs_dram_hits *h, departure *d)
{
    const glide_bounds *b = &c->bounds;
    if (!b->may_glide || h->bus_at > d->at + ENTRY)
        return true;
    const uint32_t block_shift = bs->dram->block_shift, row_shift = bs->dram->row_shift;
    const uint64_t page = h->page << row_shift, page_bytes = UINT64_C(1) << row_shift;
    const uint64_t stop_pl = zs_ddr_to_pl(&bs->clock, h->stop_at);
    const uint64_t stop = stop_pl > b->margin ? stop_pl - b->margin : 0;
    glided g = {0};
    uint64_t leaves = d->leaves, next_at = leaves, beat_at = c->flow.beat_at;
    zs_axi_burst burst = d->burst;
    bool any = true;
    while (any) {
        const uint64_t from = burst.addr - page, end = from + burst.bytes - 1;
        const uint32_t blocks = (uint32_t)((end >> block_shift) - (from >> block_shift)) + 1;
        if ((from | end) >= page_bytes || leaves >= stop || leaves < next_at ||
            beat_at < leaves + b->first || burst.beats < b->beats[blocks])
            break;
        g.n = blocks;
        g.bursts++;
        g.transactions += blocks;
        g.bytes += burst.bytes;
        g.beats += burst.beats;
        g.left_at = leaves;
        next_at = leaves + b->apart[blocks];
        beat_at += burst.beats;
        any = !c->all_sent;
        if (any) {
            leaves = zs_axi_flow_relay(&c->flow, beat_at - 1);
            burst = take_burst(c);
        } else {
            zs_axi_flow_finish(&c->flow, beat_at - 1);
        }
    }
    c->flow.beat_at = beat_at;
    d->leaves = leaves;
    d->burst = burst;
    if (g.bursts != 0)
        end_glide(bs, c, &g, h, d);
    return any;
}

/* ---- hits, and other rows ------------------------------------------------------------------- */

/* DDR cycle before which nothing arrives but for its page: the next burst goes when addresses,
 * beats and places allow, those behind it a cycle later each; the transfer is not over before. */
static uint64_t elsewhere_at(const zs_burst_sys *bs, const channel_state *c, const departure *d)
{
    const uint32_t shift = bs->dram->row_shift;
    const uint64_t page = d->burst.addr >> shift, next_at = zs_axi_flow_next(&c->flow);
    uint64_t leaves = d->leaves + 1;
    if (!c->all_sent && next_at != ZS_AXI_NEVER)
        leaves = c->is_write ? zs_max_u64(next_at, c->flow.beat_at) : next_at;
    leaves += bursts_behind(c, page << shift, (page + 1) << shift);
    return zs_pl_to_ddr(&bs->clock, leaves + c->to_memory);
}

/* Whether a hit is decided about before anything that goes elsewhere arrives: as a rule at once. */
static inline bool hits_first(const zs_burst_sys *bs, const channel_state *c, const zs_dram_hits *h,
                              departure *d)
{
    const uint64_t decided_at = zs_max_u64(h->bus_at - ENTRY, d->at);
    if (c->ends_later && decided_at == d->at)
        return true;
    if (decided_at >= d->undisturbed)
        d->undisturbed = elsewhere_at(bs, c, d);
    return decided_at < d->undisturbed;
}

/* Takes bursts off for as long as they hit the open row. *d is then the first that does not; false:
 * it was the last. */
static bool follow_hits(zs_burst_sys *bs, channel_state *c, uint64_t limit_ddr, departure *d)
{
    const uint32_t latency = bs->dram->latency[c->is_write];
    const zs_dram_req req = {.addr = d->burst.addr, .is_write = c->is_write};
    zs_dram_hits hits;
    zs_dram_done done;
    bool any;
    if (!zs_dram_begin_hits(bs->dram, &req, d->at, limit_ddr, &hits))
        return true;
    while ((any = glide(bs, c, &hits, d)) && d->due == d->at && hits_first(bs, c, &hits, d) &&
           zs_dram_hit(bs->dram, &hits, d->burst.addr, d->burst.bytes, d->at, latency, &done) &&
           (any = go_on(bs, c, d, &done)))
        continue;
    bs->events += hits.bursts;
    zs_dram_end_hits(bs->dram, &hits);
    return any;
}

/* Whether the bus turns for a burst, if it has to, before any behind it counts: how many writes
 * wait then says for how long they have it. */
static inline bool turns_at_once(const zs_dram *dram, const channel_state *c, const departure *d)
{
    return !c->is_write || dram->mode == WRITE || dram->slot_end <= d->at + ENTRY;
}

/* Decides about a burst that is no such hit: bursts behind it in its page can only come after it,
 * so what arrives before its column command changes nothing unless it goes elsewhere. */
static inline bool open_page(const zs_burst_sys *bs, const channel_state *c, uint64_t limit_ddr,
                             departure *d, zs_dram_done *done)
{
    zs_dram *dram = bs->dram;
    const zs_dram_req req = {
        .addr = d->burst.addr, .bytes = d->burst.bytes, .is_write = c->is_write};
    const uint32_t n = zs_dram_blocks(dram, req.addr, req.bytes);
    if (d->due != d->at || d->at >= limit_ddr || !zs_dram_takes(dram, &req, n, d->at) ||
        !zs_dram_remembers(dram, c->is_write, d->at) || !turns_at_once(dram, c, d))
        return false;
    d->undisturbed = elsewhere_at(bs, c, d);
    return zs_dram_pass(dram, &req, n, d->at, zs_min_u64(limit_ddr, d->undisturbed), done);
}

/* Hands the burst that was not decided about over to the event queue. */
static void plan(zs_burst_sys *bs, channel_state *c, const departure *d)
{
    hold_burst(c, zs_axi_place_before(&c->flow, c->flow.issue_i), &d->burst);
    c->sending_last = d->leaves;
    c->arrives_at = d->at;
    zs_des_at(&bs->des, c->i, d->due);
}

bool zs_burst_alone(zs_burst_sys *bs, channel_state *c, uint64_t at, uint64_t limit_ddr)
{
    const uint32_t beats = c->flights[c->sending_i].beats;
    departure d = {.burst = {.addr = c->sending.addr, .bytes = c->sending.bytes, .beats = beats},
                   .leaves = leaves_at(c),
                   .at = c->arrives_at,
                   .due = at};
    const uint64_t before = bs->events;
    zs_dram_done done;
    bool any = follow_hits(bs, c, limit_ddr, &d);
    while (any && open_page(bs, c, limit_ddr, &d, &done)) {
        bs->events++;
        any = go_on(bs, c, &d, &done) && follow_hits(bs, c, limit_ddr, &d);
    }
    if (bs->events == before)
        return false;
    bs->events--; /* the arrival that led here was one of them */
    bs->served[c->is_write] = c->i;
    c->sending.bytes = 0;
    if (any)
        plan(bs, c, &d);
    end_if_all(bs, c);
    return true;
}
