/* Small HTTP requests to receivers that nobody has checked: webhooks go out through this.
 *
 * Whom a receiver's name leads to decides itself only when the connection is made, so it is looked
 * at then: the address that is connected to is the address that was checked, whatever the name
 * server says the next time. Addresses that are not of the public internet (loopback, private,
 * link-local, shared, multicast, and IPv6 forms that lead to such IPv4 ones) and other ports than
 * those of the rules are refused, unless a network of the rules has them. No redirect is followed,
 * no proxy is used, no cookie is kept, and of an answer at most NOTIFY_ANSWER_MAX is read.
 *
 * One thread uses a notifier. Tests bring their own. */
#ifndef QUAN_PORT_NOTIFY_H
#define QUAN_PORT_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum {
    NOTIFY_MAX = 64,              /* under way at once */
    NOTIFY_ANSWER_MAX = 64 << 10, /* bytes of a body; the rest is not waited for */
    NOTIFY_FIELDS_MAX = 8,
    NOTIFY_PORTS_MAX = 16,
    NOTIFY_NETWORKS_MAX = 16,
};

typedef enum notify_fault {
    NOTIFY_ANSWERED,
    NOTIFY_TIMEOUT,
    NOTIFY_UNREACHABLE,
    NOTIFY_TLS,
    NOTIFY_BLOCKED,
} notify_fault;

typedef struct notify_field {
    str name, value;
} notify_field;
typedef struct notify_message {
    str url;
    const notify_field *fields;
    size_t field_count;
    str body;      /* application/json is the caller's field to set */
    void *context; /* comes back with the answer */
} notify_message;
typedef struct notify_answer {
    void *context;
    notify_fault fault;
    uint16_t status;  /* ANSWERED only */
    int64_t retry_ms; /* Retry-After, as a delay; 0: none */
} notify_answer;

typedef struct notifier notifier;
struct notifier {
    /* A POST. Copies what it needs. False: NOTIFY_MAX are under way. */
    bool (*send)(notifier *n, const notify_message *m);
    /* Those that have ended, each once; waits for the first at most so long. */
    size_t (*wait)(notifier *n, int64_t patience_ms, notify_answer *out, size_t max);
    void (*abandon)(notifier *n); /* what is under way ends at once, as unreachable */
    void (*close)(notifier *n);   /* nothing is under way */
};

/* A network: the first `bits` of an address; IPv4 as ::ffff:0:0/96. */
typedef struct notify_network {
    uint8_t address[16];
    uint8_t bits;
} notify_network;
typedef struct notify_rules {
    bool http; /* http:// may be sent to, too */
    uint16_t ports[NOTIFY_PORTS_MAX];
    size_t port_count;                            /* 0: all */
    notify_network networks[NOTIFY_NETWORKS_MAX]; /* may be sent to, on every port */
    size_t network_count;
    int64_t timeout_ms; /* of a request, in all */
} notify_rules;
/* Ports ("443,8443", "any") and networks ("10.1.0.0/16,fd00::/8"), as settings have them. False:
 * a text that is none. */
MUST_USE bool notify_rules_read(str ports, str networks, notify_rules *out);
/* May a connection go there? address: 16 bytes, IPv4 as ::ffff:a.b.c.d. */
bool notify_may(const notify_rules *rules, const uint8_t address[16], uint16_t port);

notifier *notifier_new(const notify_rules *rules);

#endif
