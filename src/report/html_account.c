/* Lower part of the page: resources, ports, operands, energy, classes, notes. */
#include "html_priv.h"
#include "verdict_priv.h"

#include <math.h>
#include <stdio.h>

static void section(zs_out *out, const char *id, const char *title)
{
    zs_out_printf(out, "<section aria-labelledby=\"h-%s\"><h2 id=\"h-%s\">%s</h2>\n", id, id,
                  title);
}

/* ---- resources ------------------------------------------------------------------------------- */

static void resource_cells(zs_out *out, const zs_family *family, const zs_resources *r)
{
    for (uint32_t i = 0; i < family->block_n; i++)
        zs_html_number(out, zs_cell_count(r->n[family->blocks[i].id]).text);
}

static void total_row(zs_out *out, const zs_family *family, const char *name, const zs_resources *r)
{
    zs_out_printf(out, "<tr><th scope=\"row\">%s</th><td></td>", name);
    resource_cells(out, family, r);
    zs_out_text(out, "</tr>\n");
}

static void share_row(zs_out *out, const zs_fit *fit)
{
    zs_out_text(out, "<tr><th scope=\"row\">share</th><td></td>");
    for (uint32_t i = 0; i < fit->family->block_n; i++) {
        const zs_fit_line line = zs_fit_line_of(fit, i);
        zs_out_text(out, line.used > line.available ? "<td class=\"n bad\">" : "<td class=\"n\">");
        zs_html_text(out, zs_cell_percent(zs_share(line.used, line.available)).text);
        if (line.used > line.available)
            zs_out_printf(out, "<br>%s too many", zs_cell_count(line.used - line.available).text);
        zs_out_text(out, "</td>");
    }
    zs_out_text(out, "</tr>\n");
}

static void emit_resources(zs_out *out, const zs_result *r)
{
    const zs_family *family = r->fit.family;
    const char *heads[2 + ZS_RESOURCE_N] = {"part", "how it is counted"};
    zs_cell names[ZS_RESOURCE_N] = {{""}};
    for (uint32_t i = 0; i < family->block_n; i++) {
        snprintf(names[i].text, sizeof names[i].text, "#%s", family->blocks[i].name);
        heads[2 + i] = names[i].text;
    }
    section(out, "resources", "Resources");
    zs_html_device(out, r);
    zs_html_table(out, "resources", "What the design takes of the device, by operator and buffer.",
                  heads, 2 + family->block_n);
    for (uint32_t i = 0; i < r->fit.item_n; i++) {
        zs_out_text(out, "<tr><th scope=\"row\">");
        zs_html_text(out, r->fit.items[i].name);
        zs_out_text(out, "</th>");
        zs_html_cell(out, r->fit.items[i].detail);
        resource_cells(out, family, &r->fit.items[i].r);
        zs_out_text(out, "</tr>\n");
    }
    zs_out_text(out, "</tbody><tfoot>\n");
    total_row(out, family, "used", &r->fit.used);
    total_row(out, family, "available", &r->fit.available);
    share_row(out, &r->fit);
    zs_out_text(out, "</tfoot></table></div></section>\n");
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void emit_ports(zs_out *out, const zs_result *r)
{
    static const char *const heads[] = {"channel", "#bytes", "#bursts",       "#beats per burst",
                                        "#busy",   "#peak",  "#share of peak"};
    const double seconds = zs_figure(r, "seconds");
    zs_html_table(out, "ports", "AXI channels.", heads, ZS_LEN(heads));
    for (uint32_t i = 0; i < r->port_n; i++) {
        const zs_port_result *port = &r->ports[i];
        const double rate = (double)port->bytes / seconds;
        zs_out_text(out, "<tr><th scope=\"row\">");
        zs_html_text(out, port->name);
        zs_out_text(out, "</th>");
        zs_html_number(out, zs_cell_bytes(port->bytes).text);
        zs_html_number(out, zs_cell_count(port->bursts).text);
        zs_html_number(out, zs_cell_real(zs_share(port->beats, port->bursts), 1).text);
        zs_html_number(out, zs_cell_percent(zs_share(port->busy_cycles, r->cycles)).text);
        zs_html_number(out, zs_cell_si((double)port->peak_bytes_per_s, "B/s").text);
        zs_html_number(out, zs_cell_percent(rate / (double)port->peak_bytes_per_s).text);
        zs_out_text(out, "</tr>\n");
    }
    zs_html_table_end(out);
}

static void share_table_row(zs_out *out, const char *name, const char *amount, double frac)
{
    zs_out_printf(out, "<tr><th scope=\"row\">%s</th>", name);
    zs_html_number(out, amount);
    zs_html_number(out, zs_cell_percent(frac).text);
    zs_out_printf(out,
                  "<td><div class=\"bar\"><i class=\"c0\" style=\"width:%.2f%%\"></i></div>"
                  "</td></tr>\n",
                  isfinite(frac) ? 100 * fmin(fmax(frac, 0), 1) : 0);
}

static void emit_operands(zs_out *out, const zs_result *r)
{
    static const char *const heads[] = {"operand", "#bytes", "#share", ""};
    static const char *const names[ZS_OPERAND_N] = {"weights and biases", "input activations",
                                                    "output activations", "partial sums",
                                                    "masks and indices"};
    uint64_t all = r->swap_bytes;
    for (uint32_t i = 0; i < ZS_OPERAND_N; i++)
        all += r->operand_bytes[i];
    zs_html_table(out, "operands", "DRAM traffic by operand.", heads, ZS_LEN(heads));
    for (uint32_t i = 0; i < ZS_OPERAND_N; i++)
        if (i != ZS_OPERAND_INDEX || r->operand_bytes[i] > 0)
            share_table_row(out, names[i], zs_cell_bytes(r->operand_bytes[i]).text,
                            zs_share(r->operand_bytes[i], all));
    if (r->swap_bytes > 0)
        share_table_row(out, "bitstreams", zs_cell_bytes(r->swap_bytes).text,
                        zs_share(r->swap_bytes, all));
    zs_html_table_end(out);
}

static void emit_memory(zs_out *out, const zs_result *r)
{
    section(out, "memory", "Memory");
    zs_out_printf(out,
                  "<p>The DRAM data bus is busy %s of the time; %s of its transactions find "
                  "their row open.",
                  zs_cell_percent(zs_figure(r, "dram.busy_frac")).text,
                  zs_cell_percent(zs_figure(r, "dram.row_hit_frac")).text);
    zs_out_printf(out, " Sustained: DRAM %s, AXI %s.</p>\n",
                  zs_cell_si(r->roofline.dram_bytes_per_s, "B/s").text,
                  zs_cell_si(r->roofline.axi_bytes_per_s, "B/s").text);
    emit_ports(out, r);
    emit_operands(out, r);
    zs_out_text(out, "</section>\n");
}

/* ---- energy, classes, notes ------------------------------------------------------------------ */

static void emit_energy(zs_out *out, const zs_result *r)
{
    static const char *const heads[] = {"part", "#energy", "#share", ""};
    const zs_energy *e = &r->energy;
    section(out, "energy", "Energy");
    zs_html_table(out, "energy", "An estimate from coefficients per operation, byte and second.",
                  heads, ZS_LEN(heads));
    for (uint32_t i = 0; i < ZS_ENERGY_PART_N; i++)
        share_table_row(out, zs_energy_parts[i].name, zs_cell_si(e->part_j[i], "J").text,
                        e->joules > 0 ? e->part_j[i] / e->joules : (double)NAN);
    zs_html_table_end(out);
    zs_out_text(out, "</section>\n");
}

static void emit_image(zs_out *out, const zs_image_result *image, uint32_t index)
{
    static const char *const heads[] = {"#class", "label", "#probability", ""};
    char id[32];
    snprintf(id, sizeof id, "classes-%u", index);
    zs_html_table(out, id, image->input, heads, ZS_LEN(heads));
    for (uint32_t i = 0; i < image->top_n; i++) {
        const double probability = (double)image->top_probability[i];
        zs_out_printf(out, "<tr><td class=\"n\">%u</td>", image->top_class[i]);
        zs_html_cell(out, image->top_label[i]);
        zs_html_number(out, zs_cell_percent(probability).text);
        zs_out_printf(out,
                      "<td><div class=\"bar\"><i class=\"c0\" style=\"width:%.2f%%\"></i>"
                      "</div></td></tr>\n",
                      isfinite(probability) ? 100 * fmin(fmax(probability, 0), 1) : 0);
    }
    zs_html_table_end(out);
    if (image->sha256[0] != '\0')
        zs_out_printf(out, "<p class=\"faint\">sha256 of the output tensor: <code>%s</code></p>\n",
                      image->sha256);
}

static void emit_images(zs_out *out, const zs_result *r)
{
    section(out, "classes", "Classes");
    if (r->image_n == 0)
        zs_out_text(out, "<p>Timing only: nothing was executed.</p>\n");
    for (uint32_t i = 0; i < r->image_n; i++)
        emit_image(out, &r->images[i], i);
    zs_out_text(out, "</section>\n");
}

static void note_item(zs_out *out, const char *note)
{
    zs_out_text(out, "<li>");
    zs_html_text(out, note);
    zs_out_text(out, "</li>\n");
}

static void emit_notes(zs_out *out, const zs_result *r)
{
    if (r->note_n == 0 && r->fusion_note == NULL)
        return;
    section(out, "notes", "Notes");
    zs_out_text(out, "<ul>\n");
    if (r->fusion_note != NULL)
        note_item(out, r->fusion_note);
    for (uint32_t i = 0; i < r->note_n; i++)
        note_item(out, r->notes[i]);
    zs_out_text(out, "</ul></section>\n");
}

void zs_html_account(zs_out *out, const zs_result *r)
{
    emit_resources(out, r);
    emit_memory(out, r);
    emit_energy(out, r);
    emit_images(out, r);
    emit_notes(out, r);
}

/* Sorting is an extra: without the script the table is in plan order and complete. */
static const char script[] =
    "document.querySelectorAll('#layers thead th').forEach(function(th,i){"
    "var b=document.createElement('button');b.textContent=th.textContent;th.textContent='';"
    "th.appendChild(b);th.setAttribute('aria-sort','none');b.onclick=function(){"
    "var down=th.getAttribute('aria-sort')!=='descending',"
    "body=document.querySelector('#layers tbody'),rows=Array.from(body.rows),"
    "key=function(r){var c=r.cells[i];return c.dataset.k===undefined?c.textContent:+c.dataset.k};"
    "document.querySelectorAll('#layers thead th').forEach(function(o){"
    "o.setAttribute('aria-sort','none')});"
    "th.setAttribute('aria-sort',down?'descending':'ascending');"
    "rows.sort(function(a,b){var x=key(a),y=key(b),s=x<y?-1:x>y?1:0;return down?-s:s});"
    "rows.forEach(function(r){body.appendChild(r)})}});\n";

static void put_fact(zs_out *out, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    zs_out_text(out, "<tr><th scope=\"row\">");
    zs_html_text(out, name);
    zs_out_text(out, "</th><td><code>");
    zs_html_text(out, value);
    zs_out_text(out, "</code></td></tr>\n");
}

static void put_digests(zs_out *out, const char *what, const zs_file_digest *list, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        char name[160];
        snprintf(name, sizeof name, "%s %.120s", what, list[i].name ? list[i].name : "");
        put_fact(out, name, list[i].sha256 ? list[i].sha256 : "made by the program");
    }
}

/* Enough to have the same result again, and to see why another one differs. */
static void put_provenance(zs_out *out, const zs_provenance *p)
{
    if (p == NULL)
        return;
    zs_out_text(out, "<section aria-labelledby=\"h-made\"><h2 id=\"h-made\">How this was "
                     "made</h2>\n<div class=\"scroll\"><table id=\"made\"><tbody>\n");
    put_fact(out, "program", p->version);
    put_fact(out, "models", p->models_digest);
    put_fact(out, "command", p->command);
    put_fact(out, "sha256 of the design", p->design_sha256);
    put_fact(out, "sha256 of the model", p->model_sha256);
    put_fact(out, "sha256 of the weights", p->weights_sha256);
    put_digests(out, "input", p->inputs, p->input_n);
    put_digests(out, "data", p->data, p->data_n);
    zs_out_text(out, "</tbody></table></div>\n");
    if (p->design != NULL) {
        zs_out_text(out, "<details><summary>the whole design</summary><pre>");
        zs_html_text(out, p->design);
        zs_out_text(out, "</pre></details>\n");
    }
    zs_out_text(out, "</section>\n");
}

void zs_html_foot(zs_out *out, const zs_result *r)
{
    put_provenance(out, r->provenance);
    zs_out_printf(out,
                  "</main>\n<footer><p class=\"faint\">%s simulated events in %s.</p>"
                  "</footer>\n",
                  zs_cell_count(r->events).text, zs_cell_time(r->sim_wall_seconds).text);
    zs_out_text(out, "<script>\n");
    zs_out_text(out, script);
    zs_out_text(out, "</script></body></html>\n");
}
