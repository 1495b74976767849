/* Ledger rows: see ledger.h. */
#include "domain/stats/ledger.h"

void ledger_move(const ledger_book *b, account from, account to, int64_t amount_minor)
{
    CHECK(amount_minor >= 0 && from != to);
    if (amount_minor == 0)
        return;
    ledger *row = ledger_new(b->u, b->slot, uow_next_id(b->u, b->slot));
    row->campaign = b->of->campaign->row->id;
    row->template = b->of->template->row->id;
    row->coupon = b->coupon;
    row->ref = b->ref;
    row->debit = (uint8_t)to;
    row->credit = (uint8_t)from;
    row->amount_minor = amount_minor;
    row->at_ms = uow_now(b->u);
    row->party = b->party;
    row->currency = b->currency;
}
