/* Codes counted by channel. */
#include "api/convert.h"
#include "api/slow.h"
#include "app/query_codes.h"

/* The text is copied: the snapshot may be gone when the answer is written. */
static wire_code_channel_row channel_shown(api_call *c, const code_channel *from)
{
    return (wire_code_channel_row){.has_channel = from->name.n > 0,
                                   .channel = arena_str(c->memory, from->name),
                                   .batches = from->batches,
                                   .words = from->words,
                                   .codes = from->codes,
                                   .exchanged = from->counts.exchanged,
                                   .redeemed = from->counts.redeemed,
                                   .returned = from->counts.returned,
                                   .voided = from->counts.voided};
}

/* The mark of a page is the last name behind a letter: the first one may be empty. */
static void answer(api_call *c)
{
    const wire_code_channel_list_parameters *p = c->parameters;
    str after;
    app_view v;
    if (!call_token_read(c, p->page_token, &after) || !call_view(c, &v))
        return;
    code_channels found;
    query_codes_channels(&v, c->who.merchant, &found);
    size_t at = 0, want = (size_t)p->page_size;
    while (after.n > 0 && at < found.n &&
           str_cmp(found.rows[at].name, (str){after.p + 1, after.n - 1}) <= 0)
        at++;
    wire_code_channel_page page = {0};
    page.channels.items = ARENA_ARRAY(c->memory, wire_code_channel_row, want);
    for (; at < found.n && page.channels.n < want; at++)
        page.channels.items[page.channels.n++] = channel_shown(c, &found.rows[at]);
    page.has_next_page_token = at < found.n;
    if (page.has_next_page_token)
        page.next_page_token =
            call_token_write(c, arena_printf(c->memory, "c%.*s", STR_ARG(found.rows[at - 1].name)));
    call_view_answer(c, &v, R_DONE, &wire_code_channel_page_type, &page);
}

/* On the slow thread: it reads the counts of every batch. */
void api_code_channel_list(api_call *c)
{
    slow_run(c, answer);
}
