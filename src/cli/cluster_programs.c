/* Where PostgreSQL's programs are, and what a command may say of it: see cluster.h. Debian keeps
 * those of a server out of PATH. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cluster.h"

#define DEBIAN "/usr/lib/postgresql"

enum { LINE_BYTES = 4096 };

static const char *const needed[] = {"initdb", "postgres", "pg_basebackup", "createdb", "psql"};

/* NULL: all are there; else the first that is not. */
static const char *missing_of(arena *memory, const char *directory)
{
    for (size_t i = 0; i < ARRAY_LEN(needed); i++)
        if (access(arena_printf(memory, "%s/%s", directory, needed[i]).p, X_OK) != 0)
            return needed[i];
    return NULL;
}

/* As pg_config of PATH says: it may be there without a server. */
static const char *by_pg_config(arena *memory)
{
    char line[LINE_BYTES];
    FILE *said = popen("pg_config --bindir 2>/dev/null", "re");
    bool has = said != NULL && fgets(line, sizeof(line), said) != NULL;
    if (said != NULL)
        (void)pclose(said);
    return has ? arena_z(memory, str_trim(str_of(line))) : NULL;
}

static const char *newest_of_debian(arena *memory)
{
    DIR *versions = opendir(DEBIAN);
    uint64_t newest = 0, version;
    for (struct dirent *e; versions != NULL && (e = readdir(versions)) != NULL;)
        if (str_to_u64(str_of(e->d_name), &version) && version > newest &&
            missing_of(memory, arena_printf(memory, DEBIAN "/%s/bin", e->d_name).p) == NULL)
            newest = version;
    if (versions != NULL)
        (void)closedir(versions);
    return newest == 0 ? NULL
                       : arena_printf(memory, DEBIAN "/%llu/bin", (unsigned long long)newest).p;
}

/* initdb looks for postgres beside itself, so a link to it is followed. */
static const char *by_path(const cli_context *c)
{
    str rest = cli_variable(c, S("PATH")), part;
    while (str_cut(&rest, ':', &part)) {
        char *real = realpath(arena_printf(c->memory, "%.*s/initdb", STR_ARG(part)).p, NULL);
        char *slash = real == NULL ? NULL : strrchr(real, '/');
        const char *found =
            slash == NULL ? NULL : arena_z(c->memory, (str){real, (size_t)(slash - real)});
        free(real);
        if (found != NULL)
            return found;
    }
    return NULL;
}

const char *cluster_programs(const cli_context *c, const char *bin)
{
    arena *m = c->memory;
    if (bin != NULL) {
        const char *missing = missing_of(m, bin);
        if (missing == NULL)
            return bin;
        (void)cli_fail(c, CLI_ENVIRONMENT, "%s of PostgreSQL is not in %s", missing, bin);
        return NULL;
    }
    const char *places[] = {by_pg_config(m), newest_of_debian(m), by_path(c)};
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (places[i] != NULL && missing_of(m, places[i]) == NULL)
            return places[i];
    (void)cli_fail(
        c, CLI_ENVIRONMENT,
        "PostgreSQL's server (initdb, postgres, pg_basebackup, createdb, psql) is neither "
        "where pg_config says, nor in " DEBIAN "/*/bin, nor on PATH: install "
        "postgresql-15, or name its directory with --bin");
    return NULL;
}

error_t cluster_place_parse(int key, const char *argument, cluster_options *into)
{
    switch (key) {
    case CLUSTER_KEY_BIN:
        into->bin = argument;
        return 0;
    case CLUSTER_KEY_DIRECTORY:
        into->directory = argument;
        return 0;
    case CLUSTER_KEY_USER:
        into->user = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
