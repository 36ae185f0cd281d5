# SPDX-License-Identifier: Apache-2.0
# embed(TARGET NAME [PACKED] FILE...): adds to TARGET a table `embedded_NAME` of the
# files' names and bytes (base/embedded.h), sorted by name, ended by a NULL name.
# PACKED: scripts and style sheets without their comments; each with its bytes as gzip, `embedded_NAME_hash` for all
# together, and `embedded_NAME_first`: the modules that main.js imports, and those these import.
function(embed target name)
	cmake_parse_arguments(EMBED "PACKED" "" "" ${ARGN})
	set(out ${CMAKE_BINARY_DIR}/embedded_${name}.c)
	add_custom_command(OUTPUT ${out}
		COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAME=${name} -DPACKED=${EMBED_PACKED} "-DFILES=${EMBED_UNPARSED_ARGUMENTS}"
			-P ${CMAKE_SOURCE_DIR}/contrib/cmake/embed_script.cmake
		DEPENDS ${EMBED_UNPARSED_ARGUMENTS} ${CMAKE_SOURCE_DIR}/contrib/cmake/embed_script.cmake VERBATIM)
	target_sources(${target} PRIVATE ${out})
endfunction()
