# The layers, lowest first, and the binary. What a layer may link is what it may include; tools/tidy
# checks the includes, and by nm that the domain is pure.

# Host tools: generators that run while building.
quan_host_tool(gen_table SOURCES tools/gen_table_parse.c tools/gen_table_write.c)
quan_host_tool(gen_benefit SOURCES tools/gen_benefit.c)
quan_host_tool(gen_rule SOURCES tools/gen_rule.c)

file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/gen/domain)
add_custom_command(
    OUTPUT ${CMAKE_BINARY_DIR}/gen/domain/table.gen.h ${CMAKE_BINARY_DIR}/gen/domain/table.gen.c
    COMMAND gen_table ${CMAKE_SOURCE_DIR}/src/domain/table.def
        ${CMAKE_BINARY_DIR}/gen/domain/table.gen.h ${CMAKE_BINARY_DIR}/gen/domain/table.gen.c
    DEPENDS gen_table ${CMAKE_SOURCE_DIR}/src/domain/table.def)
add_custom_target(generated_tables DEPENDS ${CMAKE_BINARY_DIR}/gen/domain/table.gen.h)

quan_layer(quan_base FOLDER src/base LINK PkgConfig::XXHASH PkgConfig::CRYPTO PkgConfig::UTF8PROC)
quan_layer(quan_domain FOLDER src/domain
    GENERATED ${CMAKE_BINARY_DIR}/gen/domain/table.gen.c
    LINK quan_base ${ROARING_LIBRARY})
add_dependencies(quan_domain generated_tables)
# Every layer above includes the generated header, by way of the domain.
quan_layer(quan_store FOLDER src/store
    LINK quan_domain ${ROCKSDB_LIBRARY} PkgConfig::PQ Threads::Threads)
quan_layer(quan_plat FOLDER src/plat
    LINK quan_base PkgConfig::UV ${HTTP_PARSER_LIBRARY} PkgConfig::CRYPTO PkgConfig::SODIUM
        PkgConfig::ICAL PkgConfig::ZLIB PkgConfig::INIH PkgConfig::QRENCODE PkgConfig::PNG
        PkgConfig::CURL
        Threads::Threads)
quan_layer(quan_app FOLDER src/app LINK quan_domain Threads::Threads)
include(cmake/api.cmake OPTIONAL RESULT_VARIABLE api_rules)
if(NOT TARGET quan_api)
    quan_layer(quan_api FOLDER src/api LINK quan_app quan_plat)
endif()
quan_layer(quan_job FOLDER src/job LINK quan_app)
quan_layer(quan_cli FOLDER src/cli LINK quan_app ${CSV_LIBRARY} PkgConfig::ZLIB)
# Servers that share a database, and send each other acts, describe them alike: a digest of where
# that is written.
set(formats)
foreach(file src/domain/table.def src/app/act.def)
    file(SHA256 ${CMAKE_SOURCE_DIR}/${file} digest)
    string(APPEND formats ${digest})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${file})
endforeach()
string(SHA256 formats "${formats}")
string(SUBSTRING ${formats} 0 16 formats)
set_source_files_properties(src/cli/serve_peers.c src/cli/store.c PROPERTIES
    COMPILE_DEFINITIONS QUAN_FORMATS="${formats}")
add_dependencies(quan_cli generated_api) # its commands are made of the tables of the API

# Calls between layers go both ways (the domain calls the unit of work, which a store implements),
# so
# the linker searches them as a group. quan_core: a store with acts of a test's own on it. quan_all:
# the whole server.
function(quan_group name)
    set(grouped)
    foreach(layer ${ARGN})
        get_target_property(type ${layer} TYPE)
        if(type STREQUAL "STATIC_LIBRARY")
            list(APPEND grouped ${layer})
        endif()
    endforeach()
    string(JOIN "," grouped ${grouped})
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE $<LINK_GROUP:RESCAN,${grouped}>)
endfunction()
quan_group(quan_core quan_store quan_plat quan_domain quan_base)
quan_group(quan_all quan_cli quan_job quan_api quan_app quan_store quan_plat quan_domain quan_base)

# main alone knows every layer.
file(GLOB main CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/*.c)
if(main)
    add_executable(quan ${main})
    target_link_libraries(quan PRIVATE quan_all)
endif()
