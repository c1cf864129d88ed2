#include "oci_command/command.hpp"

// The options are those of runc and of crun, so whatever calls one of them can call this.
namespace containerlib::oci_command {
namespace {

constexpr auto flag = Option::flag, value = Option::value;

constexpr Option create_options[] = {
    {"bundle", 'b', value},     {"config", 'f', value},    {"console-socket", 0, value},
    {"pid-file", 0, value},     {"no-pivot", 0, flag},     {"no-new-keyring", 0, flag},
    {"preserve-fds", 0, value}, {"no-subreaper", 0, flag}, {"pidfd-socket", 0, value},
};
constexpr Option run_options[] = {
    {"bundle", 'b', value},     {"config", 'f', value},    {"console-socket", 0, value},
    {"pid-file", 0, value},     {"no-pivot", 0, flag},     {"no-new-keyring", 0, flag},
    {"preserve-fds", 0, value}, {"no-subreaper", 0, flag}, {"pidfd-socket", 0, value},
    {"detach", 'd', flag},      {"keep", 0, flag},
};
constexpr Option kill_options[] = {{"all", 'a', flag}, {"regex", 'r', flag}};
constexpr Option delete_options[] = {{"force", 'f', flag}, {"regex", 'r', flag}};
constexpr Option exec_options[] = {
    {"console-socket", 0, value}, {"cwd", 0, value},          {"env", 'e', value},
    {"tty", 't', flag},           {"user", 'u', value},       {"additional-gids", 'g', value},
    {"process", 'p', value},      {"detach", 'd', flag},      {"pid-file", 0, value},
    {"process-label", 0, value},  {"apparmor", 0, value},     {"no-new-privs", 0, flag},
    {"cap", 'c', value},          {"preserve-fds", 0, value}, {"ignore-paused", 0, flag},
    {"no-subreaper", 0, flag},    {"pidfd-socket", 0, value},
};
constexpr Option format_options[] = {{"format", 'f', value}};
constexpr Option list_options[] = {{"format", 'f', value}, {"quiet", 'q', flag}};
constexpr Option checkpoint_options[] = {
    {"image-path", 0, value},          {"work-path", 0, value},  {"parent-path", 0, value},
    {"leave-running", 'R', flag},      {"pre-dump", 0, flag},    {"tcp-established", 0, flag},
    {"ext-unix-sk", 0, flag},          {"shell-job", 'j', flag}, {"file-locks", 0, flag},
    {"lazy-pages", 0, flag},           {"auto-dedup", 0, flag},  {"page-server", 0, value},
    {"manage-cgroups-mode", 0, value}, {"empty-ns", 0, value},   {"status-fd", 0, value},
    {"network-lock-method", 0, value},
};
constexpr Option restore_options[] = {
    {"image-path", 0, value},
    {"work-path", 0, value},
    {"parent-path", 0, value},
    {"bundle", 'b', value},
    {"detach", 'd', flag},
    {"pid-file", 0, value},
    {"console-socket", 0, value},
    {"no-subreaper", 0, flag},
    {"no-pivot", 0, flag},
    {"tcp-established", 0, flag},
    {"tcp-close", 0, flag},
    {"ext-unix-sk", 0, flag},
    {"shell-job", 'j', flag},
    {"file-locks", 0, flag},
    {"lazy-pages", 0, flag},
    {"auto-dedup", 0, flag},
    {"lsm-profile", 0, value},
    {"lsm-mount-context", 0, value},
    {"manage-cgroups-mode", 0, value},
    {"empty-ns", 0, value},
    {"keep", 0, flag},
    {"network-lock-method", 0, value},
};
constexpr Option spec_options[] = {
    {"bundle", 'b', value}, {"config", 'f', value}, {"rootless", 0, flag}};

constexpr Option events_options[] = {{"interval", 0, value}, {"stats", 0, flag}};
constexpr Option update_options[] = {
    {"resources", 'r', value},     {"memory", 0, value},        {"memory-reservation", 0, value},
    {"memory-swap", 0, value},     {"kernel-memory", 0, value}, {"kernel-memory-tcp", 0, value},
    {"cpu-share", 0, value},       {"cpu-shares", 0, value},    {"cpu-period", 0, value},
    {"cpu-quota", 0, value},       {"cpu-burst", 0, value},     {"cpu-rt-period", 0, value},
    {"cpu-rt-runtime", 0, value},  {"cpu-idle", 0, value},      {"cpuset-cpus", 0, value},
    {"cpuset-mems", 0, value},     {"pids-limit", 0, value},    {"blkio-weight", 0, value},
    {"l3-cache-schema", 0, value}, {"mem-bw-schema", 0, value},
};

constexpr Command table[] = {
    {"create", "ID", "make a container of a bundle, ready to be started", 1, 1, -1, create_options,
     create, true},
    {"start", "ID", "execute the program of a created container", 1, 1, -1, {}, start},
    {"run", "ID", "create and start a container, and wait for its end", 1, 1, -1, run_options, run,
     true},
    {"state", "ID", "print the state of a container", 1, 1, -1, {}, state},
    {"kill", "ID [SIGNAL]", "send a signal (SIGTERM) to a container", 1, 2, -1, kill_options, kill},
    {"delete", "ID...", "remove what is left of a container", 1, -1, -1, delete_options, remove},
    {"exec", "ID COMMAND [ARG...]", "execute a further program in a container", 1, -1, 1,
     exec_options, exec, true},
    {"ps", "ID [PS-OPTION...]", "list the processes of a container", 1, -1, 1, format_options, ps},
    {"list", "", "list the containers", 0, 0, -1, list_options, list},
    {"pause", "ID", "stop all processes of a container", 1, 1, -1, {}, pause},
    {"resume", "ID", "let a paused container go on", 1, 1, -1, {}, resume},
    {"update", "ID", "change the limits of a container", 1, 1, -1, update_options, update},
    {"events", "ID", "print what a container uses, again and again", 1, 1, -1, events_options,
     events},
    {"checkpoint", "ID", "write a running container to files, by CRIU", 1, 1, -1,
     checkpoint_options, checkpoint},
    {"restore", "ID", "let a container go on from a checkpoint", 1, 1, -1, restore_options, restore,
     true},
    {"spec", "", "write a config.json to start from", 0, 0, -1, spec_options, spec},
    {"features", "", "print what this runtime supports", 0, 0, -1, {}, features},
};

}  // namespace

std::span<const Command> commands() { return table; }

}  // namespace containerlib::oci_command
