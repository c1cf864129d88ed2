#include "sandbox/failure.hpp"

#include <fmt/format.h>

#include <cerrno>

#include "base/error.hpp"

namespace containerlib::sandbox {
namespace {

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

const char* hint_for(Op op, int errnum) {
  const bool mounts = op == Op::mount_into || op == Op::mount_below;
  if (mounts && (errnum == EINVAL || errnum == ENOTDIR))
    return "a directory is mounted over a directory, a file over a file";
  if (op == Op::idmap_tree && errnum == EINVAL)
    return "its file system, or one that is mounted below it, cannot be shown with other "
           "owners by this kernel; the host's user namespace needs no shift";
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
  throw_errno(errnum, name.operation, name.subject, hint_for(step->op, errnum));
}

}  // namespace containerlib::sandbox
