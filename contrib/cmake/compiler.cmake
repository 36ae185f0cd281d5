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
set(CMAKE_C_FLAGS_DEBUG "-O1 -g -fno-omit-frame-pointer")

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
	# Six megabytes of what ASan knows of our data need not be moved at each start: it takes three quarters of the time.
	add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-no-pie>)
elseif(NOT FUZZ)
	add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie>)
endif()
