/* The list of servers as text: "a=10.0.0.1:7701,b=[fd00::2]:7701". See port/peering.h. */
#include <stdlib.h>

#include "plat/peer_part.h"

/* host:port, with brackets around an IPv6 address. */
static bool read_address(str text, char host[PEERING_HOST_MAX + 1], uint16_t *port)
{
    str name, digits;
    if (text.n > 0 && text.p[0] == '[') {
        str rest = {text.p + 1, text.n - 1};
        if (!str_cut(&rest, ']', &name) || rest.n < 2 || rest.p[0] != ':')
            return false;
        digits = (str){rest.p + 1, rest.n - 1};
    } else {
        digits = text;
        if (!str_cut(&digits, ':', &name))
            return false;
    }
    uint64_t number;
    if (name.n == 0 || name.n > PEERING_HOST_MAX || !str_to_u64(digits, &number) ||
        number > UINT16_MAX)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] <= ' ' || name.p[i] == 0x7f)
            return false;
    }
    memcpy(host, name.p, name.n);
    host[name.n] = '\0';
    *port = (uint16_t)number;
    return true;
}

static bool name_is_allowed(str name)
{
    if (name.n == 0 || name.n > PEERING_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && c != '-' && c != '_' && c != '.')
            return false;
    }
    return true;
}

static result add_server(peering *p, str one, buf *why)
{
    str name, address = one;
    peer_server s = {.net = p, .index = p->count};
    if (!str_cut(&address, '=', &name) || !name_is_allowed(name) ||
        !read_address(address, s.host, &s.port)) {
        buf_printf(why, "\"%.*s\" is not a server as name=host:port", STR_ARG(one));
        return R_INVALID;
    }
    for (unsigned i = 0; i < p->count; i++) {
        if (!str_eq(str_of(p->servers[i]->name), name))
            continue;
        buf_printf(why, "two servers have the name \"%.*s\"", STR_ARG(name));
        return R_INVALID;
    }
    if (p->count == PEERING_SERVERS_MAX || address.n > PEER_ADDRESS_MAX) {
        buf_printf(why, "there are more than %d servers", PEERING_SERVERS_MAX);
        return R_INVALID;
    }
    memcpy(s.name, name.p, name.n);
    memcpy(s.address, address.p, address.n);
    atomic_init(&s.rtt_us, -1);
    peer_server *kept = malloc(sizeof(*kept)); /* freed by peering_free */
    CHECK(kept != NULL);
    memcpy(kept, &s, sizeof(s));
    p->servers[p->count++] = kept;
    return R_DONE;
}

static bool is_number(const char *host)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    return uv_ip4_addr(host, 0, &v4) == 0 || uv_ip6_addr(host, 0, &v6) == 0;
}

static result read_listen(peering *p, str listen, buf *why)
{
    const peer_server *self = p->servers[p->self];
    if (listen.n == 0) {
        memcpy(p->listen_host, self->host, sizeof(p->listen_host));
        p->listen_port = self->port;
    } else if (!read_address(listen, p->listen_host, &p->listen_port)) {
        buf_printf(why, "\"%.*s\" is not an address as 0.0.0.0:7701", STR_ARG(listen));
        return R_INVALID;
    }
    if (is_number(p->listen_host))
        return R_DONE;
    buf_printf(why, "\"%s\" is not a numeric address to listen on", p->listen_host);
    return R_INVALID;
}

result peer_list_read(peering *p, const peering_options *options, buf *why)
{
    str rest = options->servers, one;
    while (str_cut(&rest, ',', &one)) {
        result r = add_server(p, str_trim(one), why);
        if (r != R_DONE)
            return r;
    }
    for (p->self = 0; p->self < p->count; p->self++) {
        if (str_eq(str_of(p->servers[p->self]->name), options->self))
            return read_listen(p, options->listen, why);
    }
    buf_printf(why, "no server of the list has the name \"%.*s\"", STR_ARG(options->self));
    return R_INVALID;
}
