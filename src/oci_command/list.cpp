#include <boost/json.hpp>

#include "base/error.hpp"
#include "bundle/container.hpp"
#include "linux/text.hpp"
#include "linux/users.hpp"
#include "oci_command/command.hpp"

namespace containerlib::oci_command {
namespace bj = boost::json;
namespace {

std::string user_name(std::uint32_t uid) {
  for (const sys::PasswdEntry& entry :
       sys::parse_passwd(sys::read_host_file("/etc/passwd").value_or("")))
    if (entry.uid == uid) return entry.name;
  return '#' + std::to_string(uid);
}

pid_t pid_of(const bundle::Listed& item) {
  return item.status == bundle::Status::stopped ? 0 : item.record.pid;
}

std::string as_json(const std::vector<bundle::Listed>& containers) {
  bj::array out;
  for (const bundle::Listed& item : containers) {
    bj::object annotations;
    for (const auto& [key, text] : item.record.annotations) annotations[key] = text;
    out.push_back(bj::object{{"ociVersion", item.record.oci_version},
                             {"id", item.record.id},
                             {"pid", pid_of(item)},
                             {"status", bundle::name_of(item.status)},
                             {"bundle", item.record.bundle},
                             {"rootfs", item.record.rootfs},
                             {"created", item.record.created},
                             {"annotations", std::move(annotations)},
                             {"owner", user_name(item.record.owner)}});
  }
  return bj::serialize(out) + '\n';
}

std::string as_table(const std::vector<bundle::Listed>& containers) {
  std::vector<std::vector<std::string>> rows = {
      {"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"}};
  for (const bundle::Listed& item : containers)
    rows.push_back({item.record.id, std::to_string(pid_of(item)), bundle::name_of(item.status),
                    item.record.bundle, item.record.created, user_name(item.record.owner)});
  std::vector<std::size_t> widths(rows[0].size(), 0);
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      out += row[i] + (i + 1 < row.size() ? std::string(widths[i] - row[i].size() + 2, ' ') : "\n");
  }
  return out;
}

}  // namespace

int list(const Context& context, const Arguments& arguments) {
  const std::vector<bundle::Listed> containers = bundle::list(context.host());
  const std::string format = arguments.value("format");
  if (!format.empty() && format != "json" && format != "table")
    throw_error(Errc::invalid_option, "use option", "--format", "must be table or json");
  if (arguments.has("quiet")) {
    for (const bundle::Listed& item : containers) print(item.record.id + '\n');
  } else {
    print(format == "json" ? as_json(containers) : as_table(containers));
  }
  return 0;
}

}  // namespace containerlib::oci_command
