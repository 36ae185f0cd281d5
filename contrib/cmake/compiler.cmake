# SPDX-License-Identifier: Apache-2.0
# Language level, warnings, sanitizers and hardening for everything we build.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_OPTIMIZE_DEPENDENCIES ON)	# a library of objects need not wait for those it uses
if(NOT CMAKE_BUILD_TYPE)
	set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

# CMake's own release flags add -DNDEBUG: our asserts stay in every build.
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
# Without DETAIL what sanitizers and debuggers say of a place is file, line and function: compiling takes a third less.
option(DETAIL "UBSan tells what was undefined, and a debugger what variables hold" OFF)
set(CMAKE_C_FLAGS_DEBUG "-O1 -g1 -fno-omit-frame-pointer")
if(DETAIL)
	string(REPLACE -g1 -g CMAKE_C_FLAGS_DEBUG ${CMAKE_C_FLAGS_DEBUG})
endif()

add_compile_definitions(_GNU_SOURCE)
add_compile_options(-Wall -Wextra -Wshadow -Wstrict-prototypes
	-Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual
	-Wwrite-strings -Wvla -Wformat=2 -Wundef -Wimplicit-fallthrough
	-Wswitch-enum -Wdouble-promotion -fno-common -fno-strict-aliasing
	-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
	add_compile_options(-Wlogical-op -Wduplicated-cond -Wrestrict)
endif()
if(STRICT)
	add_compile_options(-Werror)
endif()

if(SANITIZE)
	add_compile_options(-fsanitize=${SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
	add_link_options(-fsanitize=${SANITIZE})
	if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND SANITIZE MATCHES "address")
		# A process starts in three quarters of the time, and the tests start thousands.
		add_link_options(-static-libasan -static-libubsan)
		if(NOT DETAIL)
			# Five megabytes less that each start of a process looks through. ASan tells where it was (contrib/cmake/sanitizer.c).
			add_compile_options(-fsanitize-undefined-trap-on-error)
		endif()
	endif()
	include(CheckLinkerFlag)
	check_linker_flag(C -fuse-ld=gold HAVE_GOLD)
	if(HAVE_GOLD)
		# Twice as quick as the usual one, and there are more than a hundred programs.
		add_link_options(-fuse-ld=gold)
	endif()
else()
	add_compile_options(-fstack-protector-strong -fstack-clash-protection
		-fcf-protection -ftrivial-auto-var-init=zero)
	if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
		add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
	endif()
	add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack,--as-needed)
endif()
if(SANITIZE MATCHES "address" AND NOT FUZZ)
	# What ASan knows of our data need not be moved at each start.
	set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
	add_compile_options(-fno-pie)
	add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-no-pie>)
elseif(NOT FUZZ)
	add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie>)
endif()

# sanitized(target...): programs that begin with what the sanitizers are told.
if(SANITIZE)
	add_library(sanitizer OBJECT ${CMAKE_CURRENT_LIST_DIR}/sanitizer.c)
endif()
function(sanitized)
	foreach(target ${ARGN})
		if(SANITIZE)
			target_sources(${target} PRIVATE $<TARGET_OBJECTS:sanitizer>)
		endif()
	endforeach()
endfunction()
