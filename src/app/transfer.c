/* Tokens of offers: see transfer.h. */
#include "app/transfer.h"

#include "app/reserve.h"
#include "base/id.h"
#include "port/secret.h"

enum { TOKEN_KIND = 192 }; /* of subject_hash: behind those of limit_subject and of guess.c */

str transfer_token(const merchant *of, uint64_t transfer_id, arena *memory)
{
    char id[ID_TEXT_MAX];
    str name = {id, id_text(ID_TRANSFER, transfer_id, id)};
    hash128 h = subject_hash(of, TOKEN_KIND, name);
    return arena_printf(memory, "%.*s_%016llx%016llx", STR_ARG(name), (unsigned long long)h.hi,
                        (unsigned long long)h.lo);
}

uint64_t transfer_by_token(const merchant *of, str token, arena *memory)
{
    enum { SECRET_DIGITS = 33 }; /* and what is before them */
    uint64_t id = 0;
    if (token.n < SECRET_DIGITS ||
        !id_parse(ID_TRANSFER, (str){token.p, token.n - SECRET_DIGITS}, &id))
        return 0;
    return secret_equal(transfer_token(of, id, memory), token) ? id : 0;
}
