/* What an operator can set, declared once in settings.def.
 *
 * A value comes from the first of: flag (--http-port=8080 or --http-port 8080), environment
 * (QUAN_HTTP_PORT), file (http_port = 8080; the file is named by --settings or QUAN_SETTINGS),
 * default. A value that is not allowed is an error even where another source would win. Immutable
 * once loaded. */
#ifndef QUAN_PORT_SETTINGS_H
#define QUAN_PORT_SETTINGS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/issues.h"
#include "base/result.h"
#include "base/str.h"

typedef enum setting {
#define SETTING(name, kind, initial, min, max, unit, text) SETTING_##name,
#include "port/settings.def"
#undef SETTING
    SETTING_COUNT
} setting;

typedef enum setting_kind {
    SETTING_INT,    /* decimal, min … max */
    SETTING_TEXT,   /* min … max bytes of printable UTF-8 */
    SETTING_CHOICE, /* one of the words in `unit`, which are separated by '|' */
} setting_kind;

typedef struct settings settings;

typedef struct settings_sources {
    int count;                      /* of arguments */
    const char *const *arguments;   /* without the program and its sub-command */
    const char *const *environment; /* as environ; NULL: none */
} settings_sources;

/* R_DONE, or R_INVALID with every problem in *problems: field is the source ("--http-port",
 * "QUAN_HTTP_PORT", "quan.ini:12"). Memory comes from the arena of *problems. */
MUST_USE result settings_load(const settings_sources *from, issues *problems, const settings **out);
int64_t settings_int(const settings *s, setting which);
str settings_text(const settings *s, setting which);   /* TEXT and CHOICE */
str settings_source(const settings *s, setting which); /* "default" or as in problems */
str settings_name(setting which);                      /* "http_port" */
/* QUAN_… variables that name no setting. Not an error (Kubernetes makes such), but worth a line. */
str settings_ignored(const settings *s, size_t index); /* empty beyond the last */

void settings_reference(buf *out); /* the reference page, in Markdown */

#endif
