# The rules of STYLE.md that are about the text of C files, in one pass: see tools/tidy. Prints
# `rule<TAB>path:line: what` for each violation.
#
# It leans on clang-format (a rule of its own): a function's body opens with { and closes with },
# each alone in column 0. Comments and the insides of literals are taken out before words are looked
# for. Of files that are not C only the columns are looked at.

BEGIN {
    split("base domain port app store plat api job cli", order, " ")
    may["base"] = " base "
    may["domain"] = " base domain "
    may["port"] = " base domain port "
    may["app"] = " base domain port app "
    may["store"] = " base domain port store "
    may["plat"] = " base port plat "
    may["api"] = " base domain port app api "
    may["job"] = " base domain port app job "
    may["cli"] = " base domain port app api job cli "
    for (i in order)
        may["main"] = may["main"] " " order[i] " "
    # Libraries that only one folder knows.
    home["jansson.h"] = "test/fuzz/"
    home["rocksdb/c.h"] = "src/store/rocks/"
    home["qrencode.h"] = home["png.h"] = "src/plat/"
    home["uv.h"] = home["http_parser.h"] = home["libical/ical.h"] = "src/plat/"

    banned = "strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|scanf|sscanf|fscanf|" \
        "rand|srand|localtime|gmtime|alloca|setjmp|longjmp"
    banned = "(^|[^A-Za-z0-9_.>])(" banned ")[ ]*[(]"
    allocates = "(^|[^A-Za-z0-9_.>])(malloc|calloc|realloc|strdup|strndup|aligned_alloc)[ ]*[(]"
    floats = "(^|[^A-Za-z0-9_])(float|double|[0-9]+[.][0-9]+)([^A-Za-z0-9_]|$)"
    proves = "(assert|expect|check|CHECK|fail|refus|must)"
}

function bad(rule, line, what)
{
    printf "%s\t%s:%d: %s\n", rule, path, line, what
}

# The line without comments and without what is inside of literals.
function code_of(line,    out, at, c, end)
{
    out = ""
    while (line != "") {
        if (in_comment) {
            at = index(line, "*/")
            if (at == 0)
                return out
            in_comment = 0
            line = substr(line, at + 2)
            continue
        }
        if (!match(line, /\/\*|\/\/|"|'/))
            return out line
        c = substr(line, RSTART, RLENGTH)
        out = out substr(line, 1, RSTART - 1)
        line = substr(line, RSTART + RLENGTH)
        if (c == "//")
            return out
        if (c == "/*") {
            in_comment = 1
            continue
        }
        end = literal_end(line, c)
        out = out c c
        line = substr(line, end + 1)
    }
    return out
}

# Where the literal ends whose opening quote has just been taken off.
function literal_end(line, quote,    i, c)
{
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (c == "\\")
            i++
        else if (c == quote)
            return i
    }
    return length(line)
}

function columns(line)
{
    gsub(/[\200-\277]/, "", line) # the second and later bytes of a UTF-8 character
    return length(line)
}

# How many parameters the signature names, and in `called` what it is a signature of; -1: none.
function parameters(head,    at, i, c, depth, n, seen)
{
    while (match(head, /[A-Za-z_][A-Za-z0-9_]*[ ]*[(]/)) {
        called = substr(head, RSTART, RLENGTH - 1)
        gsub(/ /, "", called)
        head = substr(head, RSTART + RLENGTH)
        if (called !~ /^[A-Z0-9_]+$/ && called !~ /^__/)
            break
        called = ""
    }
    if (called == "")
        return -1
    depth = 1
    n = seen = 0
    for (i = 1; i <= length(head) && depth > 0; i++) {
        c = substr(head, i, 1)
        if (c == "(")
            depth++
        else if (c == ")")
            depth--
        else if (c == "," && depth == 1)
            n++
        if (c !~ /[ ()]/)
            seen = 1
    }
    return seen && head !~ /^[ ]*void[ ]*[)]/ ? n + 1 : 0
}

function open_file()
{
    path = FILENAME
    sub(/^\.\//, "", path)
    is_c = path ~ /\.[ch]$/
    is_test = path ~ /^test\// || path ~ /_test[a-z_]*\.[ch]$/ || path ~ /test_help\.h$/
    layer = ""
    if (path ~ /^src\//) {
        layer = path
        sub(/^src\//, "", layer)
        if (!sub(/\/.*/, "", layer))
            layer = "main"
    }
    in_comment = in_body = in_macro = 0
    head = ""
    comment = ""
    names = 0
    guard = ""
    has_assert = 0
    for (i in proven)
        delete proven[i]
    for (i in text_of)
        delete text_of[i]
}

# A test function must assert, by itself or through a function of its file that does.
function close_file(    i, j, changed, f)
{
    if (path == "")
        return
    if (path ~ /\.c$/ && last > 600)
        bad("file-size", last, "a .c file has at most 600 lines")
    if (path ~ /\.h$/ && last > 200)
        bad("file-size", last, "a header has at most 200 lines")
    if (path ~ /\.h$/ && guard == "")
        bad("guards", 1, "no include guard QUAN_..._H")
    if (path !~ /_test\.c$/)
        return
    if (!has_assert)
        bad("asserts", 1, "a test that asserts nothing")
    do {
        changed = 0
        for (i = 1; i <= names; i++) {
            if (proven[i])
                continue
            for (j = 1; j <= names; j++)
                if (proven[j] && index(text_of[i], " " name_of[j] " ")) {
                    proven[i] = changed = 1
                    break
                }
        }
    } while (changed)
    for (i = 1; i <= names; i++)
        if (is_case[i] && !proven[i])
            bad("asserts", start_of[i], name_of[i] " asserts nothing")
}

function check_include(raw,    file, target)
{
    if (match(raw, /<[^>]*>/)) {
        file = substr(raw, RSTART + 1, RLENGTH - 2)
        if (file in home && layer != "" && !is_test && index(path, home[file]) != 1)
            bad("includes", FNR, "<" file "> belongs in " home[file])
        return
    }
    if (!match(raw, /"[^"]*"/))
        return
    file = substr(raw, RSTART + 1, RLENGTH - 2)
    if (!index(file, "/") && path !~ /^tools\//) {
        bad("includes", FNR, "\"" file "\": name it by its layer, \"layer/file.h\"")
        return
    }
    if (layer == "" || is_test)
        return
    target = file
    sub(/\/.*/, "", target)
    if (!index(may[layer], " " target " "))
        bad("includes", FNR, layer " may not include " target ": \"" file "\"")
}

function check_preprocessor(raw)
{
    if (raw ~ /^[ ]*#[ ]*include/)
        check_include(raw)
    if (path ~ /\.h$/ && guard == "" && raw ~ /^#ifndef QUAN_[A-Z0-9_]*_H$/) {
        guard = substr(raw, 9)
        if (guard in guards)
            bad("guards", FNR, guard " guards " guards[guard] " too")
        guards[guard] = path
    }
}

function check_words(raw, code)
{
    if (match(code, banned))
        bad("banned", FNR, substr(code, RSTART, RLENGTH) "): see Memory and text in STYLE.md")
    if (layer == "" || is_test)
        return
    if (path !~ /^src\/(plat\/metric|cli\/report|cli\/bench)/ && match(code, floats))
        bad("floats", FNR, "no floating point here: " substr(code, RSTART, RLENGTH))
    if (match(code, allocates) && path !~ /^src\/base\/(arena|buf)\.c$/ && !tells_who_frees(raw))
        bad("memory", FNR, "a comment here must say who frees it")
}

function tells_who_frees(raw)
{
    return (raw " " before1 " " before2 " " before3 " " comment) ~ /free|owns|owner/
}

function end_function(    lines)
{
    lines = FNR - head_line + 1
    if (lines > 70)
        bad("function-size", head_line, called " has " lines " lines; 70 are allowed")
    in_body = 0
    head = ""
    comment = ""
}

function begin_function(    n)
{
    n = parameters(head)
    in_body = 1
    if (n > 5 && comment !~ /signature/)
        bad("parameters", head_line, called " has " n \
            " parameters; 5 are allowed (or a comment above that says whose signature it is)")
    names++
    name_of[names] = called
    start_of[names] = head_line
    is_case[names] = head ~ /\(void \*\*state\)/ && head ~ /^[ ]*static void/
    text_of[names] = " "
    proven[names] = called ~ proves && !is_case[names]
}

function follow_body(code,    words, n, i)
{
    if (path !~ /_test\.c$/)
        return
    if (code ~ proves)
        proven[names] = 1
    if (code ~ /(assert|fail)_?[a-z_]*[ ]*[(]/)
        has_assert = 1
    n = split(code, words, /[^A-Za-z0-9_]+/)
    for (i = 1; i <= n; i++)
        text_of[names] = text_of[names] words[i] " "
}

# Outside of bodies: gathers what stands before a {.
function follow_outside(raw, code)
{
    if (code ~ /^[ \t]*$/) {
        if (in_comment || raw ~ /\*\/[ ]*$/)
            comment = comment " " raw
        else if (raw ~ /^[ ]*$/)
            comment = ""
        return
    }
    if (head == "")
        head_line = FNR
    head = head " " code
    if (code ~ /[;}][ ]*$/) {
        head = ""
        comment = ""
    }
}

FNR == 1 {
    close_file()
    open_file()
    if (is_c && $0 !~ /^\/\*/)
        bad("opening", 1, "the first lines say what it is, its invariants, what it does not do")
}

columns($0) > 100 { bad("columns", FNR, columns($0) " columns; 100 are allowed") }

is_c {
    last = FNR
    was_comment = in_comment
    code = code_of($0)
    check_words($0, code)
    if (in_macro || (!was_comment && code ~ /^[ ]*#/)) {
        if (!in_macro)
            check_preprocessor($0)
        in_macro = $0 ~ /\\$/
        head = ""
    } else if (in_body) {
        if (code ~ /^}/)
            end_function()
        else
            follow_body(code)
    } else if (code ~ /^{/ && head ~ /[(]/) {
        begin_function()
    } else {
        follow_outside($0, code)
    }
    before3 = before2
    before2 = before1
    before1 = $0
}

END { close_file() }
