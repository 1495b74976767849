# The API layer: tools/gen_api makes its routes, wire structs and served document of api/*.yaml.
quan_host_tool(gen_api
    SOURCES tools/gen_api.c tools/gen_api_bundle.c tools/gen_api_docs.c tools/gen_api_operation.c
        tools/gen_api_pattern.c tools/gen_api_route.c tools/gen_api_schema.c tools/gen_api_wire.c
        tools/gen_api_yaml.c src/base/arena.c src/base/buf.c src/base/check.c src/base/hash.c
        src/base/id.c src/base/issues.c src/base/json.c src/base/json_token.c src/base/json_write.c
        src/base/result.c src/base/str.c src/base/time.c
    LINK PkgConfig::YAML PkgConfig::XXHASH)

file(GLOB api_spec CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/api/*.yaml)
set(api_gen ${CMAKE_BINARY_DIR}/gen/api)
file(MAKE_DIRECTORY ${api_gen})
add_custom_command(
    OUTPUT ${api_gen}/wire.gen.h ${api_gen}/wire.gen.c ${api_gen}/route.gen.h ${api_gen}/route.gen.c
        ${api_gen}/openapi.gen.c ${api_gen}/openapi.json
    COMMAND gen_api code ${CMAKE_SOURCE_DIR}/api ${api_gen}
    DEPENDS gen_api ${api_spec})
add_custom_command(
    OUTPUT ${api_gen}/event_schema.gen.c
    COMMAND gen_api schema ${CMAKE_SOURCE_DIR}/api/events.schema.json ${api_gen}/event_schema.gen.c
    DEPENDS gen_api ${CMAKE_SOURCE_DIR}/api/events.schema.json)
add_custom_target(generated_api DEPENDS ${api_gen}/wire.gen.h ${api_gen}/event_schema.gen.c)

quan_layer(quan_api FOLDER src/api
    GENERATED ${api_gen}/wire.gen.c ${api_gen}/route.gen.c ${api_gen}/openapi.gen.c
        ${api_gen}/event_schema.gen.c
    LINK quan_app)
add_dependencies(quan_api generated_api)

# The reference page is kept in the tree: `gen_api docs api docs/reference/api.md` writes it anew.
quan_test(api_reference_is_fresh LABELS unit
    COMMAND gen_api check-docs ${CMAKE_SOURCE_DIR}/api ${CMAKE_SOURCE_DIR}/docs/reference/api.md)
