#include "burst_priv.h"
#include "dram_bypass_priv.h"
#include "dram_hits_priv.h"

/* Fast path: simulates the bursts of the only active channel to completion, without events.
 *
 * Why this is exact. While the controller's queues are empty, no other channel is active and no
 * other wake-up is pending, only bursts of this channel can arrive before `limit_ddr`, in order, so
 * their times follow from each other. An arrival in DDR cycle t takes part in decisions from t +
 * QUEUE_LATENCY on. A decision about a burst is therefore final if no later burst that could change
 * it arrives before its column command less QUEUE_LATENCY. A later burst of the same page and
 * direction cannot change it: same bank, same row, served in order of age. One of another page can
 * (its row commands may go first), so each decision is compared with `elsewhere_at`, a lower bound
 * of the arrival of such a burst. All other cases go to the event queue, which is always exact.
 * tests/hw/test_memsys_alone.c compares both paths. */

/* The burst that is at the controller. */
typedef struct arrival {
    zs_axi_burst burst;
    uint64_t leaves; /* PL cycle as leaves_at */
    uint64_t at;     /* DDR cycle of its arrival */
    uint64_t due;    /* the same, but a cycle after the previous burst: one arrives per cycle */
    uint64_t undisturbed; /* lower bound of the next arrival for another page, DDR cycle */
    uint64_t beats;       /* of all bursts so far */
} arrival;

/* Lower bound of the bursts after the current one in its DRAM page, [page, page_end): pieces of the
 * same row of the transfer, then at least one per row of the same plane. */
static uint64_t bursts_behind(const channel_state *c, uint64_t page, uint64_t page_end)
{
    const uint64_t burst = (uint64_t)c->port.max_beats * c->port.beat_bytes;
    const uint64_t pitch = c->xfer.row_pitch_bytes, row_end = c->row_end;
    if (c->all_sent || c->addr < page || c->addr >= page_end)
        return 0;
    if (row_end > page_end) /* the last burst may reach into the next page, but not across 4 KiB */
        return (page_end - c->addr + (page_end % ZS_AXI_BOUNDARY == 0 ? burst - 1 : 0)) / burst;
    const uint64_t left = row_end - c->addr;
    const uint64_t pieces = left <= burst ? 1 : zs_ceil_div(left, burst);
    const uint64_t room = page_end - row_end, rows = c->rows_left - 1u;
    if (pitch > room || c->row_addr + pitch < page)
        return pieces;
    return pieces + (pitch * rows <= room ? rows : room / pitch);
}

/* Lower bound of the DDR cycle of the next arrival for another page than that of `addr`: the next
 * burst leaves when addresses, beats and outstanding bursts allow, later ones a PL cycle apart, and
 * the transfer, after which the caller may start another, does not end earlier. */
static uint64_t elsewhere_at(const zs_burst_sys *bs, const channel_state *c, uint64_t addr,
                             uint64_t leaves)
{
    const uint32_t shift = bs->memory[0].dram->row_shift;
    const uint64_t page = addr >> shift, next_at = zs_axi_flow_next(&c->flow);
    leaves++;
    if (!c->all_sent && next_at != ZS_AXI_NEVER)
        leaves = c->is_write ? zs_max_u64(next_at, c->flow.beat_at) : next_at;
    leaves += bursts_behind(c, page << shift, (page + 1) << shift);
    return zs_pl_to_ddr(&bs->clock, leaves + c->to_memory);
}

/* PL cycle in which a burst ends whose column commands take `span` DDR cycles from `column_at` to
 * the last. The data of an immediate row hit, on an idle bus, come at most hit_pl_cycles after it
 * left: if earlier beats still occupy the port then, and the memory is no slower than the beats,
 * the port alone determines the end. That is the usual case, and keeps clock conversions out of the
 * dependency chain from burst to burst. */
static ZS_INLINE uint64_t over_at(const zs_burst_sys *bs, channel_state *c, const arrival *a,
                                  uint64_t column_at, uint64_t span, bool at_once)
{
    const uint32_t beats = a->burst.beats;
    uint64_t first_at = 0, last_at = 0;
    if (c->is_write)
        return a->leaves + c->to_memory + c->from_memory;
    if (!at_once || c->flow.beat_at < a->leaves + c->hit_pl_cycles ||
        is_slower_than_beats(bs, span, beats))
        read_data(bs, c, column_at + bs->memory[0].dram->latency[READ], span, beats, &first_at,
                  &last_at);
    return zs_axi_flow_beats(&c->flow, beats, first_at, last_at);
}

/* Ends the burst in cycle `over` and sends the next one: false when there is none. */
static ZS_INLINE bool end_and_send(const zs_burst_sys *bs, channel_state *c, arrival *a,
                                   uint64_t over)
{
    uint64_t sent_at;
    a->beats += a->burst.beats;
    zs_axi_flow_finish(&c->flow, over);
    c->done_at = over + 1;
    if (!next_address(c, &a->burst, &sent_at))
        return false;
    c->sent_at = sent_at;
    a->leaves = c->is_write ? send_beats(c, a->burst.beats, sent_at) : sent_at;
    const uint64_t next = a->due + 1;
    a->at = zs_pl_to_ddr(&bs->clock, a->leaves + c->to_memory);
    a->due = zs_max_u64(a->at, next);
    return true;
}

/* A run of row hits: they issue when the data bus is free, usually at once. Then no other burst can
 * come first, unless the transfer may end in the same cycle. False: the last burst was among them.
 */
static ZS_INLINE bool take_hits(zs_burst_sys *bs, channel_state *c, arrival *a, zs_dram_hits *hits)
{
    zs_dram *dram = bs->memory[0].dram;
    const uint32_t before = c->flow.finished;
    bool any = true;
    while (any && a->due == a->at) {
        const bool at_once = hits->bus_at <= a->at + QUEUE_LATENCY;
        if (!at_once || !c->ends_later) {
            const uint64_t decided_at = zs_max_u64(hits->bus_at - QUEUE_LATENCY, a->at);
            if (decided_at >= a->undisturbed)
                a->undisturbed = elsewhere_at(bs, c, a->burst.addr, a->leaves);
            if (decided_at >= a->undisturbed)
                break;
        }
        if (!zs_dram_hit(dram, hits, a->burst.addr, a->burst.bytes, a->at))
            break;
        const uint64_t span = hits->bus_at - dram->gap - hits->last_at;
        any = end_and_send(bs, c, a, over_at(bs, c, a, hits->last_at, span, at_once));
    }
    const uint32_t bursts = c->flow.finished - before;
    bs->events += bursts;
    c->counts->bursts += bursts;
    c->counts->bytes += hits->bytes;
    zs_dram_end_hits(dram, hits);
    return any;
}

/* A row change or bus turnaround. Its queue must have space, and the ring of `recent` must lose no
 * live entry. The number of writes queued at a turnaround sets the length of their run, so a write
 * must turn the bus on arrival. */
static ZS_INLINE bool take_other(const zs_burst_sys *bs, channel_state *c, arrival *a,
                                 uint64_t limit_ddr, zs_dram_done *done)
{
    zs_dram *dram = bs->memory[0].dram;
    const zs_dram_req req = {
        .addr = a->burst.addr, .bytes = a->burst.bytes, .is_write = c->is_write};
    const uint32_t n = zs_dram_blocks(dram, req.addr, req.bytes);
    if (a->due != a->at || a->at >= limit_ddr || !zs_dram_accepts(dram, &req, n, a->at) ||
        !zs_dram_remembers(dram, c->is_write, a->at) ||
        (c->is_write && dram->mode != WRITE && dram->slot_end > a->at + QUEUE_LATENCY))
        return false;
    a->undisturbed = elsewhere_at(bs, c, req.addr, a->leaves);
    if (!zs_dram_bypass(dram, &req, n, a->at, zs_min_u64(limit_ddr, a->undisturbed), done))
        return false;
    c->counts->bursts++; /* its event is the controller's decision */
    c->counts->bytes += req.bytes;
    return true;
}

bool zs_burst_alone(zs_burst_sys *bs, channel_state *c, uint64_t at, uint64_t limit_ddr)
{
    arrival a = {.burst = {.addr = c->sending.addr,
                           .bytes = c->sending.bytes,
                           .beats = c->flights[c->sending_i].beats},
                 .leaves = leaves_at(c),
                 .at = c->arrives_at,
                 .due = at};
    const uint32_t most_bytes = c->port.max_beats * c->port.beat_bytes;
    const uint32_t before = c->flow.finished;
    zs_dram_hits hits;
    zs_dram_done done;
    bool any = true;
    while (any) {
        if (zs_dram_begin_hits(bs->memory[0].dram, c->is_write, a.burst.addr, most_bytes, a.at,
                               limit_ddr, &hits) &&
            !take_hits(bs, c, &a, &hits)) {
            any = false;
        } else if (take_other(bs, c, &a, limit_ddr, &done)) {
            const uint64_t span = done.last_ddr_cycle - done.first_ddr_cycle;
            any = end_and_send(bs, c, &a, over_at(bs, c, &a, done.command_ddr_cycle, span, false));
        } else {
            break;
        }
    }
    if (c->flow.finished == before)
        return false;
    c->counts->beats += a.beats;
    bs->memory[0].served[c->is_write] = c->i;
    c->sending.bytes = 0;
    if (any) { /* the event queue takes over */
        hold_burst(c, (c->flow.sent - 1) % ZS_AXI_OUTSTANDING, &a.burst);
        c->sending_last = a.leaves;
        c->arrives_at = a.at;
        zs_des_at(&bs->des, c->i, a.due);
    }
    end_if_all(bs, c);
    return true;
}
