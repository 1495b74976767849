/* Which addresses letters may go to: see port/notify.h. The list is that of the registries of
 * special-purpose addresses (IANA, RFC 6890 and what updates it): what is not globally reachable,
 * and the forms of IPv6 that carry an IPv4 address (mapped, NAT64, 6to4, Teredo). */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "port/notify.h"

enum { V4_PREFIX_BITS = 96, ADDRESS_BITS = 128, TEXT_MAX = 64, PORT_MAX = 65535 };

/* "10.0.0.0/8": IPv4 counts its bits behind ::ffff:0:0. */
static bool network_read(str text, notify_network *out)
{
    char name[TEXT_MAX];
    uint64_t bits;
    str address;
    (void)str_cut(&text, '/', &address);
    if (address.n == 0 || address.n >= sizeof(name))
        return false;
    memcpy(name, address.p, address.n);
    name[address.n] = '\0';
    *out = (notify_network){0};
    bool v4 = inet_pton(AF_INET, name, out->address + 12) == 1;
    if (v4)
        out->address[10] = out->address[11] = 0xff;
    else if (inet_pton(AF_INET6, name, out->address) != 1)
        return false;
    bits = v4 ? 32 : ADDRESS_BITS;
    uint64_t most = bits;
    if (text.n > 0 && (!str_to_u64(text, &bits) || bits > most))
        return false;
    out->bits = (uint8_t)(v4 ? V4_PREFIX_BITS + bits : bits);
    return true;
}

static bool has(const notify_network *n, const uint8_t address[16])
{
    size_t whole = n->bits / 8;
    uint8_t mask = (uint8_t)(0xff00 >> n->bits % 8);
    return memcmp(n->address, address, whole) == 0 &&
           (mask == 0 || ((n->address[whole] ^ address[whole]) & mask) == 0);
}

static bool is_in(const char *const *networks, size_t n, const uint8_t address[16])
{
    notify_network of;
    bool in = false;
    for (size_t i = 0; i < n && !in; i++) {
        CHECK(network_read(str_of(networks[i]), &of));
        in = has(&of, address);
    }
    return in;
}

static bool is_public(const uint8_t address[16])
{
    static const char *const v4[] = {
        "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    };
    /* Of global unicast 2000::/3, what is not. */
    static const char *const v6[] = {"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"};
    static const char *const global[] = {"2000::/3"}, *const mapped[] = {"0.0.0.0/0"};
    if (is_in(mapped, 1, address))
        return !is_in(v4, ARRAY_LEN(v4), address);
    return is_in(global, 1, address) && !is_in(v6, ARRAY_LEN(v6), address);
}

bool notify_may(const notify_rules *rules, const uint8_t address[16], uint16_t port)
{
    for (size_t i = 0; i < rules->network_count; i++)
        if (has(&rules->networks[i], address))
            return true;
    bool open = rules->port_count == 0;
    for (size_t i = 0; i < rules->port_count && !open; i++)
        open = rules->ports[i] == port;
    return open && is_public(address);
}

bool notify_rules_read(str ports, str networks, notify_rules *out)
{
    str item;
    out->port_count = 0;
    out->network_count = 0;
    while (!str_eq(ports, S("any")) && str_cut(&ports, ',', &item)) {
        uint64_t port;
        if (out->port_count == NOTIFY_PORTS_MAX || !str_to_u64(str_trim(item), &port) ||
            port == 0 || port > PORT_MAX)
            return false;
        out->ports[out->port_count++] = (uint16_t)port;
    }
    while (str_cut(&networks, ',', &item)) {
        if (out->network_count == NOTIFY_NETWORKS_MAX ||
            !network_read(str_trim(item), &out->networks[out->network_count]))
            return false;
        out->network_count++;
    }
    return true;
}
