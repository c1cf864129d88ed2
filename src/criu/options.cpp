#include "criu/options.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "criu/conversation.hpp"
#include "linux/text.hpp"

namespace containerlib::criu {
namespace {

Fd open_directory(const std::string& path, const char* what, bool make) {
  if (make && ::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    throw_errno(errno, "make directory", path);
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw_errno(errno, std::string("open directory of ") + what, path);
  return fd;
}

/// criu_cg_mode.
unsigned cgroup_mode(const std::string& name) {
  if (name == "ignore") return 0;
  if (name == "soft") return 3;
  if (name == "full") return 4;
  if (name == "strict") return 5;
  throw_error(Errc::invalid_option, "use option", "--manage-cgroups-mode",
              "must be soft, full, strict or ignore");
}

/// criu_network_lock_method.
unsigned network_lock(const std::string& name) {
  if (name == "iptables") return 1;
  if (name == "nftables") return 2;
  throw_error(Errc::invalid_option, "use option", "--network-lock-method",
              "must be iptables or nftables");
}

void add_parent(Request& request, const Options& options) {
  if (options.parent.starts_with('/'))
    throw_error(Errc::invalid_option, "use option", "--parent-path",
                "must be relative to the directory of the images");
  if (::faccessat(request.images.get(), options.parent.c_str(), F_OK, 0) != 0)
    throw_errno(errno, "use option", "--parent-path", options.parent);
  request.options.text(criu_parent_img, options.parent);
  request.options.flag(criu_track_mem, true);
}

}  // namespace

void Request::add_pair(Option field, std::string_view first, std::string_view second) {
  Message pair;
  pair.text(1, first);
  pair.text(2, second);
  options.message(field, pair);
}

void Request::add_pair(Option field, std::string_view first, unsigned second) {
  Message pair;
  pair.text(1, first);
  pair.number(2, second);
  options.message(field, pair);
}

Request make_request(const Options& options, const char* log, bool make) {
  Request out;
  const std::string& work = options.work.empty() ? options.images : options.work;
  out.images = open_directory(options.images, "the checkpoint", make);
  out.work = open_directory(work, "criu's log", true);
  out.log = work + '/' + log;
  // What an earlier run has left there is not to be taken for this one's.
  ::unlinkat(out.work.get(), log, 0);

  Message& m = out.options;
  m.number(criu_images_dir_fd, static_cast<unsigned>(out.images.get()));
  m.number(criu_work_dir_fd, static_cast<unsigned>(out.work.get()));
  m.text(criu_log_file, log);
  m.number(criu_log_level, 4);
  m.flag(criu_tcp_established, options.tcp_established);
  m.flag(criu_ext_unix_sk, options.ext_unix_sk);
  m.flag(criu_shell_job, options.shell_job);
  m.flag(criu_file_locks, options.file_locks);
  m.flag(criu_lazy_pages, options.lazy_pages);
  m.flag(criu_auto_dedup, options.auto_dedup);
  m.flag(criu_orphan_pts_master, true);
  m.flag(criu_notify_scripts, true);
  m.flag(criu_manage_cgroups, true);
  m.number(criu_manage_cgroups_mode, cgroup_mode(options.manage_cgroups));
  if (options.empty_network) m.number(criu_empty_ns, CLONE_NEWNET);
  if (!options.network_lock.empty())
    m.number(criu_network_lock, network_lock(options.network_lock));
  if (!options.parent.empty()) add_parent(out, options);
  return out;
}

void throw_failure(const Request& request, const std::string& said, const char* operation,
                   const std::string& id) {
  std::string reason = errors_in(sys::read_host_file(request.log).value_or(""));
  if (reason.empty()) reason = errors_in(said);
  if (reason.empty()) reason = said.empty() ? "it gave no reason" : said;
  throw_errno(ECANCELED, operation, id,
              "criu: " + printable(reason, 2048) + "; its log is " + request.log);
}

}  // namespace containerlib::criu
