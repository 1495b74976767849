# The rules that cmake/layers.cmake and cmake/tests.cmake are written in.

# quan_sources(OUT FOLDER… ): the .c files of the folders and below, without tests.
function(quan_sources out)
    set(sources)
    foreach(folder ${ARGN})
        file(GLOB_RECURSE found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.c)
        list(APPEND sources ${found})
    endforeach()
    list(FILTER sources EXCLUDE REGEX "_test\\.c$")
    set(${out} ${sources} PARENT_SCOPE)
endfunction()

# quan_layer(NAME FOLDER src/x [GENERATED c…] [LINK l…]): the static library of a layer; while the
# folder is empty, a library of nothing, so that what links it need not know.
function(quan_layer name)
    cmake_parse_arguments(L "" "FOLDER" "GENERATED;LINK" ${ARGN})
    quan_sources(sources ${L_FOLDER})
    if(sources OR L_GENERATED)
        add_library(${name} STATIC ${sources} ${L_GENERATED})
        target_link_libraries(${name} PUBLIC quan_flags ${L_LINK})
    else()
        add_library(${name} INTERFACE)
        target_link_libraries(${name} INTERFACE quan_flags ${L_LINK})
    endif()
endfunction()

# quan_host_tool(NAME SOURCES c… [LINK l…]): a program that runs while building. Never sanitized: a
# leak in a generator must not end a build.
function(quan_host_tool name)
    cmake_parse_arguments(H "" "" "SOURCES;LINK" ${ARGN})
    list(TRANSFORM H_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/)
    add_executable(${name} ${H_SOURCES})
    target_compile_options(${name} PRIVATE -fno-sanitize=all)
    target_link_options(${name} PRIVATE -fno-sanitize=all)
    target_link_libraries(${name} PRIVATE quan_flags ${H_LINK})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/host)
endfunction()

# A third of the time of the other one, some 240 times in a build. What is served is linked as the
# compiler links by itself.
find_program(QUAN_QUICK_LINKER ld.gold)

# quan_program(OUT PATH LINK…): the program of one file with a main, or of all .c files of a
# folder, named by its path: src/base/str_test.c is base_str_test, test/fault/kill test_fault_kill.
function(quan_program out path)
    file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR} ${path})
    string(REGEX REPLACE "^src/|\\.c$" "" name ${name})
    string(REPLACE "/" "_" name ${name})
    if(IS_DIRECTORY ${path})
        file(GLOB path CONFIGURE_DEPENDS ${path}/*.c)
    endif()
    add_executable(${name} ${path})
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE ${ARGN})
    if(QUAN_QUICK_LINKER)
        target_link_options(${name} PRIVATE -fuse-ld=gold)
    endif()
    if("PkgConfig::CMOCKA" IN_LIST ARGN)
        target_sources(${name} PRIVATE $<TARGET_OBJECTS:quan_test_filter>)
    endif()
    set(${out} ${name} PARENT_SCOPE)
endfunction()

# quan_module(OUT FOLDER): a shared object, test_fault_shim.so of test/fault/shim, when none of the
# files has a main; OUT tells whether.
function(quan_module out folder)
    set(${out} OFF PARENT_SCOPE)
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.c)
    foreach(source ${sources})
        file(STRINGS ${source} found REGEX "^int main\\(")
        if(found)
            return()
        endif()
    endforeach()
    file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR} ${folder})
    string(REPLACE "/" "_" name ${name})
    add_library(${name} MODULE ${sources})
    set_target_properties(${name} PROPERTIES PREFIX "")
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE quan_flags)
    set(${out} ON PARENT_SCOPE)
endfunction()

# quan_test(NAME [COST n] LABELS l… COMMAND …): one entry of ctest. COST: what takes longest begins
# first, so that no processor waits for it at the end. ctest is told of two for each that is there
# (./check): what starts servers waits for them most of its time, and needs one, all else two.
function(quan_test name)
    cmake_parse_arguments(T "" "COST" "LABELS;COMMAND" ${ARGN})
    add_test(NAME ${name} COMMAND ${T_COMMAND} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set(processors 2)
    if(T_LABELS MATCHES "contract|e2e|fault")
        set(processors 1)
    endif()
    set_tests_properties(${name} PROPERTIES LABELS "${T_LABELS}" PROCESSORS ${processors}
        ENVIRONMENT "QUAN_BUILD=${CMAKE_BINARY_DIR}")
    if(T_COST)
        set_tests_properties(${name} PROPERTIES COST ${T_COST})
    endif()
endfunction()

# quan_test_link(OUT FILE NARROW…): what a test links. One that includes test/lib or a layer above
# the store drives the whole server and links all of it; one that includes a store links quan_core;
# another NARROW alone. So a broken layer keeps no test below it from running.
function(quan_test_link out file)
    file(STRINGS ${file} high REGEX "^#include \"(app|api|job|cli|test/lib)/")
    file(STRINGS ${file} wide REGEX "^#include \"(port/store|store/)")
    if(high)
        set(link quan_testlib quan_all)
    elseif(wide)
        set(link quan_core)
    else()
        set(link ${ARGN})
    endif()
    set(${out} ${link} PkgConfig::CMOCKA PARENT_SCOPE)
endfunction()

# quan_unit_tests(FOLDER src/x LINK l… [LABELS l…]): one program a *_test.c of the folder and below.
# One that begins threads is for TSan, too.
function(quan_unit_tests)
    cmake_parse_arguments(U "" "FOLDER" "LINK;LABELS" ${ARGN})
    file(GLOB_RECURSE tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${U_FOLDER}/*_test.c)
    foreach(test ${tests})
        quan_test_link(link ${test} ${U_LINK})
        quan_program(program ${test} ${link})
        set(labels unit ${U_LABELS})
        file(STRINGS ${test} begun REGEX "\\.threads = true|pthread_create\\(")
        if(begun)
            list(APPEND labels thread)
        endif()
        quan_test(${program} LABELS ${labels} COMMAND ${program})
        if("thread" IN_LIST labels)
            add_dependencies(thread_tests ${program})
        endif()
    endforeach()
endfunction()

# quan_program_tests(FOLDER LINK l… LABELS l… [RUNS r…] [STEPPED n…]): one program a .c of
# test/FOLDER, and one of each folder of .c files in it; one suite a .sh. STEPPED: files without
# threads, which TSan does not run. RUNS, the quickest first: a program is run once
# for each, with it as its argument, so that they share the processors; a variable PROGRAM_RUN has
# the arguments after it. A folder without a main is for LD_PRELOAD.
function(quan_program_tests folder)
    cmake_parse_arguments(P "" "" "LINK;LABELS;RUNS;STEPPED" ${ARGN})
    file(GLOB tests CONFIGURE_DEPENDS
        ${CMAKE_SOURCE_DIR}/test/${folder}/*.c ${CMAKE_SOURCE_DIR}/test/${folder}/*/*.c)
    list(TRANSFORM tests REPLACE "(/test/${folder}/[^/]*)/[^/]*\\.c$" "\\1")
    list(REMOVE_DUPLICATES tests)
    foreach(test ${tests})
        if(IS_DIRECTORY ${test})
            quan_module(made ${test})
            if(made)
                continue()
            endif()
        endif()
        quan_program(program ${test} quan_testlib ${P_LINK} PkgConfig::CMOCKA)
        set(labels ${P_LABELS})
        get_filename_component(file ${test} NAME_WE)
        if(file IN_LIST P_STEPPED)
            list(REMOVE_ITEM labels thread)
        endif()
        set(cost 10)
        foreach(run ${P_RUNS})
            math(EXPR cost "${cost} + 1")
            quan_test(${program}_${run} COST ${cost} LABELS ${labels} COMMAND ${program} ${run}
                ${${program}_${run}})
        endforeach()
        if(NOT P_RUNS)
            quan_test(${program} COST ${cost} LABELS ${labels} COMMAND ${program})
        endif()
        if("thread" IN_LIST labels)
            add_dependencies(thread_tests ${program})
        endif()
    endforeach()
    file(GLOB suites CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/${folder}/*.sh)
    foreach(suite ${suites})
        get_filename_component(name ${suite} NAME_WE)
        quan_test(test_${folder}_${name} LABELS ${P_LABELS} COMMAND sh ${suite})
    endforeach()
endfunction()
