#pragma once
#include <containerlib/fd.hpp>

#include <string>
#include <string_view>

#include "criu/message.hpp"

namespace containerlib::criu {

/// What checkpoint and restore have in common; all but the directories is criu's own (criu(8)).
struct Options {
  std::string program = "criu";
  std::string images = {};  ///< directory of the checkpoint
  std::string work = {};    ///< directory of criu's logs and statistics; empty: that of the images
  /// Of a pre-dump, relative to the images: what has not changed since is not written again.
  std::string parent = {};
  bool tcp_established = false, ext_unix_sk = false, shell_job = false, file_locks = false;
  bool lazy_pages = false, auto_dedup = false;
  bool empty_network = false;           ///< what is in the network namespace is left out
  std::string manage_cgroups = "soft";  ///< "soft", "full", "strict", "ignore"
  std::string network_lock = {};        ///< "iptables", "nftables"; empty: criu's choice
};

/// Fields of criu_opts in criu's rpc.proto.
enum Option : unsigned {
  criu_images_dir_fd = 1,
  criu_pid = 2,
  criu_leave_running = 3,
  criu_ext_unix_sk = 4,
  criu_tcp_established = 5,
  criu_evasive_devices = 6,
  criu_shell_job = 7,
  criu_file_locks = 8,
  criu_log_level = 9,
  criu_log_file = 10,
  criu_page_server = 11,
  criu_notify_scripts = 12,
  criu_root = 13,
  criu_parent_img = 14,
  criu_track_mem = 15,
  criu_auto_dedup = 16,
  criu_work_dir_fd = 17,
  criu_ext_mnt = 23,
  criu_manage_cgroups = 24,
  criu_cg_root = 25,
  criu_rst_sibling = 26,
  criu_inherit_fd = 27,
  criu_ext_masters = 30,
  criu_manage_cgroups_mode = 34,
  criu_external = 37,
  criu_empty_ns = 38,
  criu_join_ns = 39,
  criu_freeze_cgroup = 44,
  criu_lazy_pages = 48,
  criu_status_fd = 49,
  criu_orphan_pts_master = 50,
  criu_tcp_close = 52,
  criu_lsm_profile = 53,
  criu_lsm_mount_context = 63,
  criu_network_lock = 64,
};

/// A request's options that belong to a checkpoint's directories; these stay open with it.
struct Request {
  Message options;
  Fd images, work;
  std::string log;  ///< path of criu's own log

  /// A pair of texts or of a text and a number, as ext_mount_map, inherit_fd and others are.
  void add_pair(Option, std::string_view first, std::string_view second);
  void add_pair(Option, std::string_view first, unsigned second);
};

/// With `make`, missing directories are made. `log`: the name of criu's log in the work directory.
Request make_request(const Options&, const char* log, bool make);

/// Throws ECANCELED with criu's own reason; `said`: what it said besides the log.
[[noreturn]] void throw_failure(const Request&, const std::string& said, const char* operation,
                                const std::string& id);

}  // namespace containerlib::criu
