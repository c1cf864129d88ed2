#include "sandbox/failure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"

namespace containerlib::sandbox {
namespace {

std::string list_of(const LaunchPlan& plan, Text list) {
  std::string out(plan.view(list));
  std::replace(out.begin(), out.end(), '\0', ',');
  return printable(out);
}

[[noreturn]] void throw_for_program(const StepName& name, int errnum) {
  switch (errnum) {
    case ENOENT:
    case ENOTDIR:
      throw_error(Errc::command_not_found, name.operation, name.subject,
                  name.subject.find('/') == std::string::npos ? "not in $PATH" : "");
    case ELIBACC:
      throw_error(Errc::command_not_found, name.operation, name.subject,
                  "it is there, but not the interpreter that its first line or its header names");
    case EACCES:
    case EISDIR: throw_error(Errc::not_executable, name.operation, name.subject);
    case ENOEXEC:
      throw_error(Errc::not_executable, name.operation, name.subject,
                  "not a program of this architecture");
    default: throw_errno(errnum, name.operation, name.subject);
  }
}

std::string hint_for_fs(const LaunchPlan& plan, const MakeFs& s, int errnum) {
  const std::string_view type = plan.view(s.type);
  if (errnum == EINVAL && s.options.size) return "its options: " + list_of(plan, s.options);
  if (errnum != EPERM) return "";
  if (type == "sysfs")
    return "in a user namespace it needs a network namespace of its own, else /sys can be bound";
  if (type == "proc")
    return "in a user namespace it needs a PID namespace of its own and a host's /proc of which "
           "nothing is hidden, else /proc can be bound";
  return "";
}

std::string hint_for(const LaunchPlan& plan, const Step& step, int errnum) {
  const bool mounts = step.op == Op::mount_into || step.op == Op::mount_below;
  if (mounts && (errnum == EINVAL || errnum == ENOTDIR))
    return "a directory is mounted over a directory, a file over a file";
  if (mounts && errnum == ELOOP) return "a symlink on the way would lead elsewhere";
  if (step.op == Op::idmap_tree && errnum == EINVAL)
    return "its file system, or one that is mounted below it, cannot be shown with other "
           "owners by this kernel; the host's user namespace needs no shift";
  if (step.op == Op::open_tree && step.open_tree.procfs && errnum == EINVAL)
    return "only a proc file system may be at /proc";
  if (step.op == Op::open_tree && !step.open_tree.recursive && errnum == EINVAL)
    return "in a user namespace what is mounted below it must be seen too: rbind";
  if (step.op == Op::set_mount_flags && errnum == EPERM)
    return "a user namespace cannot take away what the host's mount has (mount_namespaces(7))";
  if (step.op == Op::pivot && errnum == EINVAL)
    return "an initial ramfs cannot be left so; --no-pivot can do without";
  if (step.op == Op::make_device && errnum == ENODEV)
    return "the host's node of this path is another device";
  if (step.op == Op::make_device && errnum == EEXIST) return "something else has this path";
  if (step.op == Op::write_id_map && errnum == EINVAL)
    return "the kernel takes at most 340 lines, in less than a page (user_namespaces(7)), that do "
           "not overlap";
  if (errnum == ENOTRECOVERABLE)
    return "the kernel has not done what it said; a filter around this process may have answered";
  if (step.op == Op::make_fs) return hint_for_fs(plan, step.make_fs, errnum);
  return "";
}

[[noreturn]] void throw_for_hook(const StepName& name, const RunHook& hook, int errnum) {
  if (errnum == ETIMEDOUT)
    throw_error(Errc::timed_out, name.operation, name.subject,
                fmt::format("it took longer than {} s and was killed", hook.timeout));
  throw_errno(errnum, name.operation, name.subject);
}

/// What a program that the step has run made of it.
[[noreturn]] void throw_for_end(const StepName& name, int errnum) {
  const std::string hint = errnum >= program_killed
                               ? fmt::format("it was killed by signal {}", errnum - program_killed)
                               : fmt::format("it exited with {}", errnum - program_exited);
  throw_errno(ECANCELED, name.operation, name.subject, hint);
}

}  // namespace

void throw_failure(const LaunchPlan& plan, std::uint32_t index, int errnum) {
  const StepName name = name_of(plan, index);
  const Step* const step = plan.find(index);
  if (!step) throw_errno(errnum, name.operation, name.subject);
  if (step->op == Op::execute || step->op == Op::find_program) throw_for_program(name, errnum);
  if (errnum >= program_exited) throw_for_end(name, errnum);
  if (step->op == Op::run_hook) throw_for_hook(name, step->run_hook, errnum);
  if (step->op == Op::write_file && errnum == ENOENT)
    throw_error(Errc::unsupported, name.operation, name.subject, "this kernel has no such limit");
  throw_errno(errnum, name.operation, name.subject, hint_for(plan, *step, errnum));
}

}  // namespace containerlib::sandbox
