/* See progress.h. Estimates use integers only: they need no more. */
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "port/clock.h"

enum { DRAW_TERMINAL_MS = 100, DRAW_LINES_MS = 5000, BAR_WIDTH = 24 };

void progress_begin(progress *p, const cli_context *c, const char *what, uint64_t total)
{
    int64_t now = clock_monotonic_ms();
    bool terminal = isatty(STDERR_FILENO) == 1;
    *p = (progress){.what = what,
                    .total = total,
                    .began_ms = now,
                    .drawn_ms = now,
                    .shown = terminal || c->progress,
                    .terminal = terminal};
}

static void bar(buf *out, uint64_t done, uint64_t total)
{
    uint64_t full = total == 0 ? 0 : done >= total ? BAR_WIDTH : done * BAR_WIDTH / total;
    buf_char(out, '[');
    for (uint64_t i = 0; i < BAR_WIDTH; i++)
        buf_char(out, i < full ? '#' : '.');
    buf_printf(out, "] %3u %% ",
               total == 0 ? 0 : (unsigned)(done >= total ? 100 : done * 100 / total));
}

static void draw(progress *p, int64_t now, bool last)
{
    char bytes[256];
    buf out = {.p = bytes, .capacity = sizeof(bytes), .max = sizeof(bytes)};
    uint64_t ms = (uint64_t)(now - p->began_ms), rate = ms == 0 ? 0 : p->done * 1000 / ms;
    buf_printf(&out, "%s%s ", p->terminal ? "\r" : "", p->what);
    if (p->total > 0)
        bar(&out, p->done, p->total);
    buf_u64(&out, p->done);
    if (p->total > 0)
        buf_printf(&out, " of %llu", (unsigned long long)p->total);
    buf_printf(&out, ", %llu/s", (unsigned long long)rate);
    if (!last && rate > 0 && p->total > p->done)
        buf_printf(&out, ", %llu s left", (unsigned long long)((p->total - p->done) / rate));
    if (last)
        buf_printf(&out, ", %llu.%llu s", (unsigned long long)(ms / 1000),
                   (unsigned long long)(ms / 100 % 10));
    buf_str(&out, p->terminal ? S("\033[K") : S("\n"));
    if (p->terminal && last)
        buf_char(&out, '\n');
    (void)fwrite(out.p, 1, out.n, stderr);
    p->drawn_ms = now;
}

void progress_at(progress *p, uint64_t done)
{
    p->done = done;
    if (!p->shown)
        return;
    int64_t now = clock_monotonic_ms();
    if (now - p->drawn_ms >= (p->terminal ? DRAW_TERMINAL_MS : DRAW_LINES_MS))
        draw(p, now, false);
}

void progress_end(progress *p)
{
    if (p->shown)
        draw(p, clock_monotonic_ms(), true);
}
