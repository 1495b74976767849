/* See guess.h. */
#include "api/guess.h"

#include <arpa/inet.h>

#include "domain/campaign/rules.h"

enum {
    WINDOW_MS = 10 * MS_MINUTE, /* in which failed tries are forgotten */
    PER_S = MS_SECOND,
    MERCHANT_LOCK_MS = 10 * MS_SECOND,
};

/* ---- rules ---- */

static guess_bounds of_one(const settings *s, setting most)
{
    guess_bounds b = {.most = settings_int(s, most),
                      .lock_ms = settings_int(s, SETTING_code_lock_ms),
                      .lock_max_ms = settings_int(s, SETTING_code_lock_max_ms),
                      .calm_ms = MS_DAY};
    if (b.most > 0)
        b.each_ms = WINDOW_MS / b.most;
    return b;
}

/* Not locked for longer than it takes to see that something goes on: the whole shop waits. */
static guess_bounds of_merchant(const settings *s)
{
    int64_t per_s = settings_int(s, SETTING_code_failures_per_s);
    return (guess_bounds){.most = per_s * (WINDOW_MS / MS_SECOND),
                          .each_ms = (PER_S + per_s - 1) / per_s,
                          .lock_ms = MERCHANT_LOCK_MS,
                          .lock_max_ms = MERCHANT_LOCK_MS,
                          .calm_ms = WINDOW_MS};
}

guess_rules guess_rules_of(const settings *s)
{
    return (guess_rules){.of = {[GUESSER_USER] = of_one(s, SETTING_code_failures_user),
                                [GUESSER_ADDRESS] = of_one(s, SETTING_code_failures_address),
                                [GUESSER_MERCHANT] = of_merchant(s)}};
}

uint32_t guesses_per_s(const api_call *c)
{
    return (uint32_t)settings_int(c->api->settings, SETTING_code_failures_per_s);
}

/* ---- addresses ---- */

str guess_address(str text, arena *memory)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    char zero_ended[INET6_ADDRSTRLEN], shown[INET6_ADDRSTRLEN];
    uint8_t bytes[16];
    if (text.n >= sizeof(zero_ended))
        return S("");
    memcpy(zero_ended, text.p, text.n);
    zero_ended[text.n] = '\0';
    const uint8_t *four = NULL;
    if (inet_pton(AF_INET, zero_ended, bytes) == 1)
        four = bytes;
    else if (inet_pton(AF_INET6, zero_ended, bytes) != 1)
        return S("");
    else if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
        four = bytes + sizeof(mapped);
    if (four != NULL)
        return arena_printf(memory, "%u.%u.%u.%u", four[0], four[1], four[2], four[3]);
    memset(bytes + 8, 0, 8);
    CHECK(inet_ntop(AF_INET6, bytes, shown, sizeof(shown)) != NULL);
    return arena_printf(memory, "%s/64", shown);
}

str call_address(api_call *c, str text)
{
    str address = guess_address(text, c->memory);
    if (address.n == 0)
        issues_add(c->problems, S("client_address"), S("bad_format"),
                   "an IPv4 or IPv6 address, such as 203.0.113.7");
    return address;
}

/* ---- tries ---- */

result call_guess(api_call *c, const guess_from *from)
{
    guess_wait wait;
    str address = from->address.n > 0 ? call_address(c, from->address) : S("");
    if (c->problems->n > 0)
        return R_DONE;
    guess_ask ask = {.merchant = c->who.merchant,
                     .user = from->user,
                     .address = address,
                     .may_know = (c->who.scopes & KEY_READ) != 0,
                     .tries = (uint32_t)from->codes,
                     .rules = &c->api->guess_rules};
    result r = guess_begin(c->app, &ask, c->memory, &c->guess, &wait);
    c->retry_ms = wait.ms;
    return r;
}
