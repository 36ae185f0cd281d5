# SPDX-License-Identifier: Apache-2.0
# room(NAME ARROWS room... LIBS library...): the folder src/NAME as a static
# library. Its include path is a view that holds include/NAME and the include
# folders of the rooms it may know, so that any other arrow does not compile.
function(room name)
	cmake_parse_arguments(ROOM "" "" "ARROWS;LIBS" ${ARGN})
	file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.c)
	set(view ${CMAKE_BINARY_DIR}/see/${name})
	file(MAKE_DIRECTORY ${view})
	foreach(seen ${name} ${ROOM_ARROWS})
		file(CREATE_LINK ${CMAKE_SOURCE_DIR}/include/${seen} ${view}/${seen} SYMBOLIC)
	endforeach()
	if(NOT sources)
		set(sources ${CMAKE_SOURCE_DIR}/contrib/cmake/empty_room.c)
	endif()
	add_library(room_${name} STATIC ${sources})
	target_include_directories(room_${name} PRIVATE ${view} ${CMAKE_SOURCE_DIR}/src/${name})
	set_target_properties(room_${name} PROPERTIES ROOM_VIEW ${view} ROOM_ARROWS "${ROOM_ARROWS}")
	foreach(seen ${ROOM_ARROWS})
		target_link_libraries(room_${name} PUBLIC room_${seen})
	endforeach()
	target_link_libraries(room_${name} PUBLIC ${ROOM_LIBS} m)
endfunction()
