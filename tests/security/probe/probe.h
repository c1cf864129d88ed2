#pragma once
#include <stdbool.h>

// A line on standard output for each check: "ok NAME", "FAIL NAME what was seen" or "skip NAME
// why".
void ok(const char* name);
__attribute__((format(printf, 2, 3))) void fail(const char* name, const char* seen, ...);
__attribute__((format(printf, 2, 3))) void skip(const char* name, const char* why, ...);
bool anything_failed(void);

/// Of the arguments "name=value"; null when it was not given.
const char* argument(const char* name);

/// What became of `call` in a child process: an errno, 0 for success, or minus the signal that it
/// died of.
int outcome(long (*call)(const long* args), const long* args);
/// system call args[0] with the others.
long system_call(const long* args);
/// Reports `seen`, an outcome(), that should be the errno `expected`. When that is 0, and with the
/// argument refusal=any, all ways to refuse will do.
void refused(const char* name, int seen, int expected);

/// The value of "NAME:\t…" in /proc/self/status; empty when it is not there. Valid until the next.
const char* status_of_self(const char* name);
/// A file's text in `buffer`; false, and errno, when it cannot be read.
bool read_text(const char* path, char* buffer, unsigned long size);

// One group of checks each, in the file of its name.
void probe_inherited(void);  // first, as long as there are only the descriptors that were inherited
void probe_credentials(void);
void probe_calls(void);
void probe_devices(void);
void probe_foreign_abi(void);
void probe_keyring(void);
void probe_mounts(void);
void probe_namespaces(void);
void probe_network(void);
void probe_new_namespaces(void);
void probe_paths(void);
void probe_process(void);
void probe_setuid(void);
/// In the copy of this program that probe_setuid() makes: an exit status for it.
int setuid_copy(void);
void probe_sockets(void);
void probe_terminal(void);
void probe_tracing(void);
