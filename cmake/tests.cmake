# Test programs and benches. Labels, which ./check selects by: unit, contract, story, model, fault,
# e2e, fuzz, replay; `thread` is what TSan runs.

# What only the threaded tests need, so that the tsan build makes no more.
add_custom_target(thread_tests)

add_library(quan_test_filter OBJECT test/filter/filter.c)
target_link_libraries(quan_test_filter PRIVATE quan_flags PkgConfig::CMOCKA)

quan_sources(testlib test/lib)
if(testlib)
    add_library(quan_testlib STATIC ${testlib})
    target_include_directories(quan_testlib PUBLIC ${CMAKE_SOURCE_DIR})
    # Who uses it links the layers as a group; named here too, what they need would get lost.
    target_link_libraries(quan_testlib PUBLIC quan_flags PkgConfig::CMOCKA PkgConfig::UV
        PkgConfig::PQ)
    add_dependencies(quan_testlib generated_tables generated_api)
else()
    add_library(quan_testlib INTERFACE)
endif()

quan_unit_tests(FOLDER src/base LINK quan_base)
quan_unit_tests(FOLDER src/domain LINK quan_core)
quan_unit_tests(FOLDER src/store LINK quan_all LABELS thread)
quan_unit_tests(FOLDER src/plat LINK quan_plat LABELS thread)
quan_unit_tests(FOLDER src/app LINK quan_all)
quan_unit_tests(FOLDER src/api LINK quan_all LABELS thread)
quan_unit_tests(FOLDER src/job LINK quan_all LABELS thread)
quan_unit_tests(FOLDER src/cli LINK quan_all)

# A server whose acts crash on demand, for test/fault/quarantine.sh.
add_executable(quan_poisoned src/main.c test/poison/poison.c)
target_link_libraries(quan_poisoned PRIVATE quan_all)
target_link_options(quan_poisoned PRIVATE -Wl,--wrap=issue_decide -Wl,--wrap=lease_grant_decide
    -Wl,--wrap=sweep_decide -Wl,--wrap=limit_reserve_decide -Wl,--wrap=limit_settle_decide)

quan_program_tests(contract LINK quan_all LABELS contract thread
    STEPPED pg_contract_test same_outcomes_test)
add_dependencies(thread_tests quan) # `quan cluster` starts the servers of the contract tests
# Under a sanitizer RocksDB plays the files of stories that begin again on what is stored: opening a
# store is most of what the others would pay for there, and memory shows the same acts.
set(test_story_story_main_rocks)
if(NOT CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    file(GLOB stories CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/story/*.story)
    foreach(story ${stories})
        file(STRINGS ${story} kept REGEX "^ +(restart|files)$")
        if(kept)
            list(APPEND test_story_story_main_rocks ${story})
        endif()
    endforeach()
endif()
quan_program_tests(story LINK quan_all LABELS story RUNS mem mem-adversary:7 rocks)
# The threads of a server are the same on every engine, and those of RocksDB are in the races and
# the contracts.
foreach(run story_main_mem race_test_rocks transfer_race_test_rocks)
    set_property(TEST test_story_${run} APPEND PROPERTY LABELS thread)
endforeach()
add_dependencies(thread_tests test_story_story_main test_story_race_test
    test_story_transfer_race_test)
# Once, in the build that is served: what it would show under a sanitizer the contract tests do. A
# half of the stories with one server, the other with two; nightly each has both.
if(TARGET test_story_story_main AND CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    quan_test(test_story_story_main_pg COST 50 LABELS story
        COMMAND test_story_story_main pg --part 1/2)
    quan_test(test_story_story_main_pg2 COST 60 LABELS story
        COMMAND test_story_story_main pg2 --part 2/2)
    foreach(race phone_race_test transfer_race_test merge_race_test)
        quan_test(test_story_${race}_pg2 COST 12 LABELS story COMMAND test_story_${race} pg2)
    endforeach()
endif()
# What unit tests kill at every step on RocksDB, on two shards of PostgreSQL: some of the steps.
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    foreach(crash move erase phone transfer)
        quan_test(app_${crash}_crash_test_pg LABELS contract COMMAND app_${crash}_crash_test pg)
    endforeach()
endif()
quan_program_tests(model LINK quan_all LABELS model)
quan_program_tests(fault LINK quan_all LABELS fault)
quan_program_tests(e2e LINK quan_all LABELS e2e)
quan_program_tests(replay LINK quan_all LABELS replay)
# The longest.
set_tests_properties(test_e2e_promises test_e2e_drills test_e2e_partition test_e2e_servers
    test_e2e_cli test_fault_kill test_fault_disk_test test_fault_quarantine PROPERTIES COST 40)

# Shell suites of host tools: tools/NAME_test.sh is given the program NAME. The last line of a suite
# is `N passed, N failed`.
file(GLOB suites CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/*_test.sh)
foreach(suite ${suites})
    get_filename_component(name ${suite} NAME_WE)
    string(REGEX REPLACE "_test$" "" tool ${name})
    if(TARGET ${tool})
        quan_test(tools_${name} LABELS unit COMMAND sh ${suite} $<TARGET_FILE:${tool}>)
    else()
        quan_test(tools_${name} LABELS unit COMMAND sh ${suite})
    endif()
endforeach()

# test/fuzz/NAME_fuzz.c with its inputs test/fuzz/corpus/NAME: libFuzzer programs in a fuzz build.
# json_fuzz compares with another reader of JSON.
if(QUAN_FUZZ)
    add_custom_target(fuzzers)
    pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
    file(GLOB targets CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/fuzz/*_fuzz.c)
    foreach(target ${targets})
        get_filename_component(name ${target} NAME_WE)
        string(REGEX REPLACE "_fuzz$" "" name ${name})
        quan_test_link(link ${target} quan_core)
        if(name STREQUAL "json")
            list(APPEND link PkgConfig::JANSSON)
        endif()
        quan_program(program ${target} ${link})
        target_link_options(${program} PRIVATE -fsanitize=fuzzer)
        add_dependencies(fuzzers ${program})
        quan_test(${program} LABELS fuzz COMMAND sh ${CMAKE_SOURCE_DIR}/tools/fuzz
            $<TARGET_FILE:${program}> ${CMAKE_SOURCE_DIR}/test/fuzz/corpus/${name})
    endforeach()
endif()

# Benches are built with everything, so they cannot rot; nothing runs them here. Peers' drivers need
# hiredis, which only `tools/install bench` brings.
pkg_check_modules(HIREDIS IMPORTED_TARGET hiredis)
add_library(quan_peers_load STATIC bench/peers/load/load.c)
target_include_directories(quan_peers_load PUBLIC ${CMAKE_SOURCE_DIR})
target_link_libraries(quan_peers_load PUBLIC quan_flags)
foreach(folder micro scenario peers)
    file(GLOB benches CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/${folder}/*.c)
    foreach(bench ${benches})
        if(bench MATCHES "/pg_[a-z_]*\\.c$")
            quan_program(program ${bench} quan_peers_load PkgConfig::PQ)
        elseif(folder STREQUAL "peers" AND NOT HIREDIS_FOUND)
            message(STATUS "not built without libhiredis-dev: ${bench}")
        elseif(folder STREQUAL "peers")
            quan_program(program ${bench} quan_peers_load PkgConfig::HIREDIS)
        else()
            quan_program(program ${bench} quan_testlib quan_all)
        endif()
    endforeach()
endforeach()
