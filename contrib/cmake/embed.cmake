# SPDX-License-Identifier: Apache-2.0
# embed(TARGET NAME FILE...): adds to TARGET a table `embedded_NAME` of the
# files' names and bytes (base/embedded.h), sorted by name, ended by a NULL name.
function(embed target name)
	set(out ${CMAKE_BINARY_DIR}/embedded_${name}.c)
	add_custom_command(OUTPUT ${out}
		COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAME=${name} "-DFILES=${ARGN}"
			-P ${CMAKE_SOURCE_DIR}/contrib/cmake/embed_script.cmake
		DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/contrib/cmake/embed_script.cmake VERBATIM)
	target_sources(${target} PRIVATE ${out})
endfunction()
