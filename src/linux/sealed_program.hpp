#pragma once
#include <containerlib/fd.hpp>
#include <span>

// Programs that a container may come to see as its /proc/self/exe, and can open then: it must not
// be able to change what the host executes (SEC-21, CVE-2019-5736).
namespace containerlib::sys {

/// The program in a memfd that nobody can write to, now or after it has run. It shows itself as
/// /memfd:containerlib-NAME.
Fd sealed_program(const char* name, std::span<const unsigned char> content);

/// Whether the descriptor's file can no longer be written to.
bool is_sealed(int fd);

}  // namespace containerlib::sys
