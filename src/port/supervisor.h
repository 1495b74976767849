/* What a server tells the supervisor that started it: systemd's notification protocol (see
 * sd_notify(3)), for units of Type=notify. Any thread. */
#ifndef QUAN_PORT_SUPERVISOR_H
#define QUAN_PORT_SUPERVISOR_H

#include <stdbool.h>

#include "base/str.h"

/* Lines such as "READY=1" to the socket that NOTIFY_SOCKET of this environment names. False: there
 * is one and it did not take them; true also where nobody asks. Never waits. */
bool supervisor_tell(const char *const *environment, str lines);

#endif
