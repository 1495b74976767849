/* After a story: every event in the feed is what the schema that the server gives says. */
#ifndef QUAN_TEST_STORY_EVENTS_H
#define QUAN_TEST_STORY_EVENTS_H

#include "base/arena.h"
#include "base/buf.h"
#include "cli/http_client.h"
#include "test/lib/story.h"

/* The whole feed of a key's owner. Counts in totals, by the words of the schema. False: *why. */
bool story_events_fit(http_client *client, str key, story_totals *totals, buf *why);

#endif
