/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/leaks.h"
#include "loop/errno_text.h"

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (UINT64_C(1) << 13)	/* version 2 */
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (UINT64_C(1) << 14)	/* version 3 */
#endif

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#define OTHER_NUMBERS 0x40000000u	/* x32 */
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#define OTHER_NUMBERS 0x40000000u
#endif

/* Rights on a file. */
#define WRITE_RIGHTS (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)
/* Those on a directory, which can be filled and emptied, and on all below. */
#define CHANGE_RIGHTS (WRITE_RIGHTS | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | \
	LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | \
	LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER)

static bool
failed(struct err *e, const char *what)
{
	return err_set(e, ERR_IO, "sandbox: %s: %s", what, errno_text(errno).s);
}

/* The rights are those of a directory; a file has fewer. */
static bool
allow(int rules, const char *path, uint64_t rights, struct err *e)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };
	struct stat st;
	bool ok;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return true;
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= WRITE_RIGHTS | LANDLOCK_ACCESS_FS_EXECUTE;
	ok = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 || failed(e, path);
	close(rule.parent_fd);
	return ok;
}

/* The program's loader, which is the first to be run. */
static int
find_loader(struct dl_phdr_info *info, size_t size, void *arg)
{
	const char **loader = arg;

	(void)size;
	for (size_t i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_INTERP)
			*loader = (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
	/* Only the first object is the program. */
	return 1;
}

static bool
allow_itself(int rules, struct err *e)
{
	const char *loader = NULL;

	dl_iterate_phdr(find_loader, &loader);
	return allow(rules, "/proc/self/exe", LANDLOCK_ACCESS_FS_EXECUTE, e) &&
	    (loader == NULL || allow(rules, loader, LANDLOCK_ACCESS_FS_EXECUTE, e));
}

uint64_t
sandbox_handles(long version, bool moves)
{
	uint64_t rights = CHANGE_RIGHTS | LANDLOCK_ACCESS_FS_EXECUTE;

	if (version < 1 || (version < 2 && moves))
		return 0;
	if (version < 2)
		rights &= ~LANDLOCK_ACCESS_FS_REFER;
	if (version < 3)
		rights &= ~LANDLOCK_ACCESS_FS_TRUNCATE;
	return rights;
}

static bool
restrict_files(struct sandbox *s, struct err *e)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr attr = { .handled_access_fs = sandbox_handles(version, s->moves) };
	uint64_t rights;
	int rules;
	bool ok;

	if (attr.handled_access_fs == 0)
		return true;
	rights = attr.handled_access_fs & ~LANDLOCK_ACCESS_FS_EXECUTE;
	rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (rules < 0)
		return failed(e, "landlock_create_ruleset");
	ok = allow(rules, "/dev/null", rights, e);
	for (size_t i = 0; i < s->writable_n && ok; i++)
		ok = allow(rules, s->writable[i], rights, e);
	ok = ok && (!s->starts_itself || allow_itself(rules, e)) &&
	    (syscall(SYS_landlock_restrict_self, rules, 0) == 0 || failed(e, "landlock_restrict_self"));
	close(rules);
	s->files = ok;
	return ok;
}

#ifdef ARCHITECTURE

#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA))
#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
/* The call is refused, whatever its arguments. */
#define NO(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), REFUSE

static bool
restrict_calls(struct sandbox *s, struct err *e)
{
	struct sock_filter filter[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
		REFUSE,
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, OTHER_NUMBERS, 0, 1),
		REFUSE,
		/* Other processes. */
/* LeakSanitizer stops its process by ptrace. */
#if !LEAKS_ARE_SOUGHT
		NO(ptrace), NO(process_vm_readv),
#endif
		NO(process_vm_writev), NO(kcmp), NO(pidfd_getfd),
		/* Programs that are no files, which Landlock does not see. */
		NO(memfd_create), NO(execveat),
		/* The file system and name spaces. */
		NO(mount), NO(umount2), NO(pivot_root), NO(chroot), NO(move_mount), NO(open_tree), NO(fsopen), NO(fsconfig), NO(fsmount),
		NO(fspick), NO(unshare), NO(setns), NO(name_to_handle_at), NO(open_by_handle_at), NO(quotactl), NO(swapon), NO(swapoff),
		NO(mknodat),
		/* Parts of the kernel that are large, or attacked often. */
		NO(bpf), NO(perf_event_open), NO(userfaultfd), NO(io_uring_setup), NO(io_uring_enter), NO(io_uring_register), NO(keyctl),
		NO(add_key), NO(request_key), NO(fanotify_init), NO(kexec_load), NO(init_module), NO(finit_module), NO(delete_module),
		NO(syslog), NO(acct), NO(vhangup), NO(personality),
		/* The machine. */
		NO(reboot), NO(settimeofday), NO(clock_settime), NO(clock_adjtime), NO(adjtimex), NO(sethostname), NO(setdomainname),
		/* Its user. */
		NO(setuid), NO(setgid), NO(setreuid), NO(setregid), NO(setresuid), NO(setresgid), NO(setgroups), NO(setfsuid), NO(setfsgid),
		NO(capset),
#ifdef __x86_64__
		NO(iopl), NO(ioperm), NO(modify_ldt), NO(mknod),
#endif
		/* The last one, which is left out where the program starts itself. */
		NO(execve),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	size_t n = sizeof(filter) / sizeof(filter[0]);
	struct sock_fprog program = { .filter = filter };

	if (s->starts_itself) {
		filter[n - 3] = filter[n - 1];
		n -= 2;
	}
	program.len = (unsigned short)n;
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0)
		return true;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0)
		return errno == EINVAL || failed(e, "seccomp");
	s->calls = true;
	return true;
}

#else

static bool
restrict_calls(struct sandbox *s, struct err *e)
{
	(void)s;
	(void)e;
	return true;
}

#endif

bool
sandbox_enter(struct sandbox *s, struct err *e)
{
	struct rlimit none = { 0, 0 };

	s->files = s->calls = false;
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return failed(e, "setrlimit");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return failed(e, "no_new_privs");
	return restrict_files(s, e) && restrict_calls(s, e);
}
