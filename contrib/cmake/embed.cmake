# SPDX-License-Identifier: Apache-2.0
# embed(TARGET NAME [PACKED] FILE...): adds to TARGET a table `embedded_NAME` of the
# files' names and bytes (base/embedded.h), sorted by name, ended by a NULL name.
# PACKED: scripts and style sheets without their comments; each with its bytes as gzip, and `embedded_NAME_hash` for all
# together.
function(embed target name)
	cmake_parse_arguments(EMBED "PACKED" "" "" ${ARGN})
	set(out ${CMAKE_BINARY_DIR}/embedded_${name}.c)
	add_custom_command(OUTPUT ${out}
		COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAME=${name} -DPACKED=${EMBED_PACKED} "-DFILES=${EMBED_UNPARSED_ARGUMENTS}"
			-P ${CMAKE_SOURCE_DIR}/contrib/cmake/embed_script.cmake
		DEPENDS ${EMBED_UNPARSED_ARGUMENTS} ${CMAKE_SOURCE_DIR}/contrib/cmake/embed_script.cmake VERBATIM)
	target_sources(${target} PRIVATE ${out})
endfunction()

# bundle(LIST FOLDER): the files of LIST, ES modules, as main.js and pages.js in FOLDER (bundle_script.cmake).
function(bundle list folder)
	add_custom_command(OUTPUT ${folder}/main.js ${folder}/pages.js
		COMMAND ${CMAKE_COMMAND} -DOUT=${folder} "-DFILES=${${list}}" -P ${CMAKE_SOURCE_DIR}/contrib/cmake/bundle_script.cmake
		DEPENDS ${${list}} ${CMAKE_SOURCE_DIR}/contrib/cmake/bundle_script.cmake VERBATIM)
endfunction()
