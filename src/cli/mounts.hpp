#pragma once
#include <containerlib/options.hpp>
#include <string_view>

// The three spellings of a mount. A bind mount is read-only unless it says `rw`: giving a container
// the right to change the host's files is the user's to say. Each throws UsageError.
namespace containerlib::cli {

/// `-v SOURCE:TARGET[:rw|ro]`; a source that starts with "." or "~/" is made absolute. "z" and "Z"
/// are accepted where there is no SELinux.
Mount parse_volume(std::string_view text);
/// `--mount type=bind,source=S,target=T[,rw]` and `--mount type=tmpfs,target=T[,tmpfs-size=64m]`.
Mount parse_mount(std::string_view text);
/// `--tmpfs TARGET[:size=64m,mode=1777,uid=0,gid=0,ro]`.
Mount parse_tmpfs(std::string_view text);

}  // namespace containerlib::cli
