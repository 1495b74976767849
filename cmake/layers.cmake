# The layers, lowest first. What a layer may link is what it may include.

# Host tools: generators that run while building.
add_executable(gen_table ${CMAKE_SOURCE_DIR}/tools/gen_table_parse.c
    ${CMAKE_SOURCE_DIR}/tools/gen_table_write.c)
target_link_libraries(gen_table PRIVATE quan_flags)

file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/gen/domain)
add_custom_command(
    OUTPUT ${CMAKE_BINARY_DIR}/gen/domain/table.gen.h ${CMAKE_BINARY_DIR}/gen/domain/table.gen.c
    COMMAND gen_table ${CMAKE_SOURCE_DIR}/src/domain/table.def ${CMAKE_BINARY_DIR}/gen/domain/table.gen.h
            ${CMAKE_BINARY_DIR}/gen/domain/table.gen.c
    DEPENDS gen_table ${CMAKE_SOURCE_DIR}/src/domain/table.def)
add_custom_target(generated_tables DEPENDS ${CMAKE_BINARY_DIR}/gen/domain/table.gen.h)

quan_layer(quan_base FOLDERS src/base LINK PkgConfig::JANSSON PkgConfig::XXHASH)
quan_tests(quan_base FOLDERS src/base LABELS unit)

quan_layer(quan_domain
    FOLDERS src/domain src/domain/campaign src/domain/coupon src/domain/limit src/domain/price src/domain/stats
    GENERATED ${CMAKE_BINARY_DIR}/gen/domain/table.gen.c
    LINK quan_base)
add_dependencies(quan_domain generated_tables)

quan_layer(quan_app FOLDERS src/app LINK quan_domain Threads::Threads)

find_library(ROCKSDB_LIBRARY rocksdb REQUIRED)
quan_layer(quan_store FOLDERS src/store src/store/mem src/store/rocks
    LINK quan_app ${ROCKSDB_LIBRARY} Threads::Threads)
