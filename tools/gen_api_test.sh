#!/bin/sh
# Tests of gen_api: a good spec makes what it should; each malformed one gives its own message, with
# file and line, status 1 and no outputs.
# Usage: gen_api_test.sh path/to/gen_api (CC names the compiler)
set -u

gen=$1
root=$(cd "$(dirname "$0")/.." && pwd)
cc=${CC:-cc}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/include/domain"
out=$dir/include/api
mkdir "$out"
passed=0
failed=0

pass() { passed=$((passed + 1)); }

fail() {
    failed=$((failed + 1))
    echo "FAILED: $1"
}

# Pieces of YAML.
closed='type: object, additionalProperties: false'
object='type: object
      additionalProperties: false'
ref="\$ref: '#/components/schemas"
read='tags: [things], summary: All, x-quan-scope: read, responses: {}'

# spec SCHEMAS: a spec with one write, whose body is the schema `thing` of the text given.
spec() {
    {
        cat <<'END'
openapi: 3.1.0
info: {title: T, version: 1.2.3}
tags: [{name: things}]
paths:
  /v1/things/{thing}:
    post:
      operationId: thing_make
      tags: [things]
      summary: Make
      x-quan-scope: admin
      parameters:
        - {name: thing, in: path, required: true, schema: {type: string, maxLength: 9}}
        - {name: size, in: query, schema: {type: integer, minimum: 1, maximum: 9, default: 3}}
        - {name: Idempotency-Key, in: header, required: true, schema: {type: string}}
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/thing'}}}
      responses:
        '201':
          description: Made
          content: {application/json: {schema: {$ref: '#/components/schemas/thing'}}}
components:
  schemas:
END
        printf '%s\n' "$1"
    } >"$dir/openapi.yaml"
}

made() { "$gen" code "$dir" "$out" 2>&1; }

# refused LINE MESSAGE: is the spec refused there, with a message that contains MESSAGE?
refused() {
    rm -f "$out"/*
    said=$(made)
    status=$?
    if [ $status -ne 1 ]; then
        fail "$2: status $status: $said"
    elif [ -n "$(ls "$out")" ]; then
        fail "$2: wrote outputs"
    else
        case $said in
        "openapi.yaml:$1: "*"$2"*) pass ;;
        *) fail "expected line $1: $2; got: $said" ;;
        esac
    fi
}

# schema LINE MESSAGE SCHEMAS: the same, for a spec with these schemas; they begin in line 24.
schema() {
    spec "$3"
    refused "$1" "$2"
}

# field LINE MESSAGE FIELD: the same, for a body with one more field in line 29.
field() {
    schema "$1" "$2" "    thing:
      $object
      required: [name]
      properties:
        $3
        name: {type: string, maxLength: 5}"
}

# changed MESSAGE SED: the same, anywhere, for the good spec changed by a sed command.
changed() {
    good
    sed -e "$2" "$dir/openapi.yaml" >"$dir/new" && mv "$dir/new" "$dir/openapi.yaml"
    rm -f "$out"/*
    said=$(made)
    status=$?
    case $status:$said in
    1:*"$1"*) pass ;;
    *) fail "expected status 1: $1; got $status: $said" ;;
    esac
}

good() {
    spec "    thing:
      description: 'A \"thing\" | of */ one line'
      $object
      required: [name, parts]
      properties:
        name: {type: string, minLength: 1, maxLength: 5, x-quan-max-bytes: 7}
        code: {type: string, pattern: '^a\\.[b-d_]{2,3}\$'}
        default: {type: boolean, default: true}
        count:
          {type: integer, minimum: -1, maximum: 7, default: 2, description: 'Of \`it\` \"all\"'}
        at: {type: string, format: date-time}
        until: {type: [string, 'null'], format: date-time}
        day: {type: string, format: date}
        color: {type: string, enum: [red, green], default: green}
        id: {type: string, x-quan-id: coupon}
        parts: {type: array, maxItems: 3, items: {$ref/part'}}
        words:
          {type: array, maxItems: 3, items: {type: string, maxLength: 4, x-quan-any-text: true}}
        choice: {$ref/choice'}
        either: {$ref/either'}
    part:
      $object
      properties: {n: {type: integer, minimum: 0, maximum: 1}}
    choice:
      oneOf: [{$ref/choice_a'}, {$ref/choice_b'}]
      discriminator: {propertyName: kind}
    choice_a: {$closed, required: [kind], properties: {kind: {const: aa}}}
    choice_b:
      $object
      required: [kind, n]
      properties: {kind: {const: bb}, n: {type: integer, minimum: 0, maximum: 1}}
    either:
      oneOf: [{$ref/with_x'}, {$ref/with_y'}]
    with_x: {$closed, required: [x], properties: {x: {type: boolean}}}
    with_y: {$closed, required: [y], properties: {y: {type: boolean}}}"
}

# What a good spec becomes: it compiles, reads, refuses and writes.
use() {
    cat >"$dir/use.c" <<'END'
#include <stdio.h>

#include "api/wire.gen.h"
#include "base/buf.h"

static int tell(const char *text)
{
    arena *memory = arena_new(0);
    issues *problems = issues_new(memory);
    wire_thing t = {0};
    json *root = NULL;
    if (json_parse(str_of(text), &root, NULL) != R_DONE)
        return 1;
    wire_read(&wire_thing_type, root, &t, problems);
    json_free(root);
    for (size_t i = 0; i < problems->n; i++)
        printf("%.*s %.*s; ", STR_ARG(problems->items[i].field),
               STR_ARG(problems->items[i].code));
    if (problems->n == 0) {
        buf out;
        buf_init(&out, 4096);
        json_writer w = json_writer_on(&out);
        wire_write(&wire_thing_type, &t, &w);
        printf("%.*s %d%d%lld%d", STR_ARG(buf_view(&out)), t.has_default, t.default_,
               (long long)t.count, (int)t.color);
        buf_free(&out);
    }
    printf("\n");
    arena_free(memory);
    return 0;
}

int main(void)
{
    return tell("{\"name\":\"n\",\"parts\":[]}") ||
           tell("{\"name\":\"n\",\"parts\":[{},{\"n\":1}],\"default\":false,\"code\":\"a.bc_\","
                "\"choice\":{\"kind\":\"bb\",\"n\":0},\"either\":{\"y\":true},\"color\":\"red\","
                "\"day\":\"2026-01-02\",\"at\":\"2026-01-02T03:04:05Z\",\"until\":null,"
                "\"words\":[\"w\\t\"]}") ||
           tell("{\"name\":\"\",\"parts\":[{\"n\":2},{\"m\":1},{},{}],\"code\":\"a.b\","
                "\"count\":1.5,"
                "\"choice\":{\"kind\":\"cc\"},\"either\":{},\"extra\":0,\"id\":\"cpn_1\"}") ||
           printf("%s|%s\n", wire_field_find(&wire_thing_type, S("count"))->doc,
                  wire_field_find(&wire_thing_type, S("name"))->doc) < 0;
}
END
    cat >"$dir/expected" <<'END'
{"name":"n","parts":[]} 0122
{"name":"n","code":"a.bc_","default":false,"at":"2026-01-02T03:04:05.000Z","unti
l":null,"day":"2026-01-02","color":"red","parts":[{},{"n":1}],"words":["w\t"],"c
hoice":{"kind":"bb","n":0},"either":{"y":true}} 1021
name too_short; parts too_many; code bad_format; count wrong_type; choice.kind n
ot_allowed; either required; extra unknown_field; id bad_format; 
Of it "all". Default: 2|
END
    # domain/table.gen.h brings the enums of the tables; this spec names none of them.
    : >"$dir/include/domain/table.gen.h"
    base=
    for f in arena buf check hash id issues json json_token json_write result str time; do
        base="$base $root/src/base/$f.c"
    done
    # shellcheck disable=SC2086
    $cc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
        -Wmissing-prototypes -Werror -I "$root/src" -I "$dir/include" -o "$dir/use" "$dir/use.c" \
        "$out/wire.gen.c" "$root/src/api/wire.c" "$root/src/api/wire_write.c" \
        $base \
        -lxxhash 2>&1 && "$dir/use" >"$dir/raw" &&
        fold -w 80 "$dir/raw" >"$dir/got" && diff "$dir/expected" "$dir/got"
}

good
if said=$(made); then pass; else fail "the good spec: $said"; fi
if said=$(use); then pass; else fail "what the good spec becomes: $said"; fi
if "$gen" docs "$dir" "$dir/page.md" && "$gen" check-docs "$dir" "$dir/page.md"; then
    pass
else
    fail "the page of the good spec is not fresh"
fi
echo more >>"$dir/page.md"
if "$gen" check-docs "$dir" "$dir/page.md" 2>/dev/null; then
    fail "a changed page is fresh"
else
    pass
fi
if grep -q 'A "thing" | of \*/ one line' "$dir/page.md"; then
    pass
else
    fail "a description is lost"
fi
"$gen" >/dev/null 2>&1
if [ $? -eq 2 ]; then pass; else fail "no arguments: not status 2"; fi

# YAML
changed 'not YAML' 's/^tags:.*/tags: [/'
changed 'the key '\''summary'\'' is there twice' 's/summary: Make/&\n      summary: Again/'
changed 'anchors and tags are not supported' 's/summary: Make/summary: \&a Make/'
changed 'aliases are not supported' 's/summary: Make/summary: *a/'
changed 'nothing is at' 's/schemas\/part/schemas\/none/'
changed 'cannot open' "s/'#\/components\/schemas\/part'/'other.yaml#\/x'/"
changed 'a reference is file#/path' "s/'#\/components\/schemas\/part'/'part'/"

# null
changed "only a date-time may be null" "s/code: {type: string/code: {type: [string, 'null']/"
changed "only a date-time may be null" "s/'null'], format/integer], format/"

# operations
changed 'openapi must be 3.1.0' 's/^openapi: .*/openapi: 3.0.0/'
changed "'operationId' is missing" '/operationId/d'
changed "'parameters2' is not supported in an operation" 's/parameters:/parameters2:/'
changed "'responses' is missing" '/responses:/,/ref.*thing.}}}$/d'
changed 'x-quan-scope must be' 's/scope: admin/scope: boss/'
changed 'the tag '\''none'\'' is not listed' 's/tags: \[things\]/tags: [none]/'
changed "the header 'X-Other' is not supported" 's/Idempotency-Key/X-Other/'
changed 'a header must be required' 's/Key, in: header, required: true/Key, in: header/'
changed "the parameter of '{thing}' in the path is missing" \
    's/name: thing, in: path/name: other, in: path/'
changed 'is not in the path' 's/things\/{thing}:/things:/'
changed 'has an empty part' 's/things\/{thing}/things\/\/{thing}/'
changed 'a parameter is a single value' \
    's/schema: {type: integer.*default: 3}/schema: {type: array, items: {type: integer}}/'
changed 'is not in result.def' 's/x-quan-scope: admin/&\n      x-quan-codes: [no_such_code]/'
changed 'must be a reference' \
    "s/schema: {\$ref: '#\/components\/schemas\/thing'}}}\$/schema: {type: boolean}}}/"
changed 'has text and a parameter at one place' \
    "s/^components:/  \/v1\/things\/all:\n    get: {operationId: all, $read}\n&/"
changed 'two operations are called' \
    "s/^components:/  \/v1\/all:\n    get: {operationId: thing_make, $read}\n&/"

# schemas
schema 24 "'additionalProperties' is missing" '    thing: {type: object, properties: {}}'
schema 24 'additionalProperties must be false' \
    '    thing: {type: object, additionalProperties: true, properties: {}}'
schema 24 "the required property 'x' is not there" \
    '    thing: {type: object, additionalProperties: false, required: [x], properties: {}}'
schema 24 'a schema needs a type' "    thing: {$closed, properties: {a: {type: number}}}"
schema 24 "the schema 'thing' contains itself" \
    "    thing: {$closed, properties: {a: {$ref/thing'}}}"
field 29 "'oneof' is not supported" "a: {type: integer, oneof: []}"
field 29 'an object must be a schema with a name' "a: {$closed, properties: {}}"
field 29 'is not a snake_case name' 'aB: {type: boolean}'
field 29 'minimum is larger than maximum' 'a: {type: integer, minimum: 2, maximum: 1}'
field 29 'needs bounds' 'a: {type: integer, minimum: 2}'
field 29 'needs bounds' 'a: {type: string}'
field 29 'needs bounds' "a: {type: array, items: {type: string, maxLength: 2}}"
field 29 'needs bounds' 'a: {type: array, maxItems: 2, items: {type: string}}'
field 29 'the default is not a value' 'a: {type: integer, minimum: 2, maximum: 3, default: 1}'
field 29 'the default is not a value' 'a: {type: string, enum: [x, y], default: z}'
field 29 'x-quan-enum-all needs' 'a: {type: string, enum: [x], x-quan-enum-all: true}'
field 29 'an enum without values' 'a: {type: string, enum: []}'
field 29 'there is no kind of id' 'a: {type: string, x-quan-id: dog}'
field 29 "the format 'email' is not supported" 'a: {type: string, format: email}'
field 29 'array of arrays' \
    'a: {type: array, maxItems: 2, items: {type: array, items: {type: integer}}}'

# patterns
field 29 'a pattern must begin with ^' "a: {type: string, pattern: 'a\$'}"
field 29 'it must end with $' "a: {type: string, pattern: '^a'}"
field 29 'goes on behind $' "a: {type: string, pattern: '^a\$b'}"
field 29 "'+' is not supported" "a: {type: string, pattern: '^a+\$'}"
field 29 'a negated class' "a: {type: string, pattern: '^[^a]\$'}"
field 29 'goes backwards' "a: {type: string, pattern: '^[b-a]\$'}"
field 29 'must be {n} or {m,n}' "a: {type: string, pattern: '^a{3,2}\$'}"
field 29 'a number is missing' "a: {type: string, pattern: '^a{,2}\$'}"
field 29 'part 1 of the pattern could swallow part 2' \
    "a: {type: string, pattern: '^[a-c]{0,3}[c-d]\$'}"
field 29 'part 1 of the pattern could swallow part 3' \
    "a: {type: string, pattern: '^a{1,3}b{0,1}a\$'}"

# unions
union="    thing:
      oneOf: [{$ref/p'}, {$ref/q'}]"
schema 26 'needs a required property' "$union
    p: {$closed, properties: {x: {type: boolean}}}
    q: {$closed, required: [y], properties: {y: {type: boolean}}}"
schema 25 "'x' does not tell the parts" "$union
    p: {$closed, required: [x], properties: {x: {type: boolean}}}
    q: {$closed, required: [y], properties: {x: {type: boolean}, y: {type: boolean}}}"
schema 25 "are told by 'x'" "$union
    p: {$closed, required: [x], properties: {x: {type: boolean}}}
    q: {$closed, required: [x], properties: {x: {type: boolean}}}"
schema 27 "is missing or has no const" "$union
      discriminator: {propertyName: kind}
    p: {$closed, required: [kind], properties: {kind: {type: boolean}}}
    q: {$closed, required: [kind], properties: {kind: {const: q}}}"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
