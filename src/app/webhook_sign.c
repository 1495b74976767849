/* See webhook_sign.h. */
#include "app/webhook_sign.h"

#include "app/codes.h"
#include "base/time.h"
#include "port/random.h"
#include "port/secret.h"

enum { SIGNATURE_MAX = 128 };

result webhook_secret_make(app *a, uint64_t merchant_id, arena *memory, str *sealed)
{
    char bytes[WEBHOOK_SECRET_BYTES];
    random_bytes(bytes, sizeof(bytes));
    result r = codes_seal(a, merchant_id, (str){bytes, sizeof(bytes)}, memory, sealed);
    secret_wipe(bytes, sizeof(bytes));
    return r;
}

str webhook_secret_shown(app *a, uint64_t merchant_id, str sealed, arena *memory)
{
    str secret = codes_open(a, merchant_id, sealed, memory);
    buf out;
    if (secret.n == 0)
        return secret;
    buf_init(&out, SIGNATURE_MAX);
    buf_str(&out, S("whsec_"));
    secret_base64(secret, &out);
    str shown = arena_str(memory, buf_view(&out));
    secret_wipe(out.p, out.n);
    secret_wipe((char *)(uintptr_t)secret.p, secret.n);
    buf_free(&out);
    return shown;
}

str webhook_sign(str secret, const webhook_message *m, arena *memory)
{
    uint8_t digest[SECRET_DIGEST_BYTES];
    str text = arena_printf(memory, "%.*s.%lld.%.*s", STR_ARG(m->id),
                            (long long)(m->at_ms / MS_SECOND), STR_ARG(m->body));
    buf out;
    secret_hmac_sha256(secret, text, digest);
    buf_init(&out, SIGNATURE_MAX);
    buf_str(&out, S("v1,"));
    secret_base64((str){(const char *)digest, sizeof(digest)}, &out);
    str made = arena_str(memory, buf_view(&out));
    buf_free(&out);
    return made;
}

str webhook_signatures(app *a, const webhook *of, const webhook_message *m, arena *memory)
{
    str all = S("");
    for (size_t i = 0; i < of->secrets.n; i++) {
        const webhook_secret *s = &of->secrets.items[i];
        if (s->until_ms != 0 && s->until_ms <= m->at_ms)
            continue;
        str secret = codes_open(a, of->merchant, s->sealed, memory);
        if (secret.n == 0)
            continue;
        str one = webhook_sign(secret, m, memory);
        secret_wipe((char *)(uintptr_t)secret.p, secret.n);
        all = all.n == 0 ? one : arena_printf(memory, "%.*s %.*s", STR_ARG(all), STR_ARG(one));
    }
    return all;
}
