// The settings that are by device, page size, interface or file name.
#include <fmt/format.h>

#include <algorithm>

#include "base/broken.hpp"
#include "linux/text.hpp"
#include "sandbox/compile/cgroup_settings.hpp"

namespace containerlib::sandbox {
namespace {

/// A name that becomes part of a control file's name or of a line in it.
bool is_name(const std::string& name) {
  return !name.empty() && name.find_first_of(std::string_view("/ \t\n\0", 5)) == std::string::npos;
}

/// io.weight (1 to 10000) of the same worth as blkio.weight (10 to 1000), as runc and crun do.
std::uint64_t io_weight(std::uint64_t weight) { return 1 + (weight - 10) * 9999 / 990; }

void check_weight(const SettingList& list, const std::string& field,
                  const std::optional<std::uint16_t>& weight) {
  if (weight && (*weight < 10 || *weight > 1000)) list.reject(field, "not from 10 to 1000");
}

/// `device`: "8:0 ", or nothing for all devices.
void set_weight(SettingList& list, const std::string& field, const std::string& device,
                std::uint64_t weight) {
  // Two schedulers know weights, each with files of its own: BFQ, and the cost model of v2 or the
  // CFQ of v1 before Linux 5.0.
  const bool v2 = list.v2("io");
  const std::string end = v2 || device.empty() ? "" : "_device";
  Setting& s = list.add("io", field, (v2 ? "io.bfq.weight" : "blkio.bfq.weight") + end,
                        fmt::format("{}{}", device, weight));
  s.other_file = (v2 ? "io.weight" : "blkio.weight") + end;
  s.other_value = fmt::format("{}{}", device, v2 ? io_weight(weight) : weight);
}

void set_leaf_weight(SettingList& list, const std::string& field, const std::string& device,
                     std::uint64_t weight) {
  if (list.v2("io")) list.refuse(field, "cgroup v2 has no leaf weight");
  list.add("io", field, device.empty() ? "blkio.leaf_weight" : "blkio.leaf_weight_device",
           fmt::format("{}{}", device, weight));
}

/// Engines write 0 for a weight that nobody asked for; runc takes it so.
std::optional<std::uint16_t> asked(const std::optional<std::uint16_t>& weight) {
  return weight && *weight != 0 ? weight : std::nullopt;
}

void add_weights(SettingList& list, const oci::BlockLimits& block) {
  const auto weight = asked(block.weight), leaf_weight = asked(block.leaf_weight);
  check_weight(list, "blockIO.weight", weight);
  check_weight(list, "blockIO.leafWeight", leaf_weight);
  if (weight) set_weight(list, "blockIO.weight", "", *weight);
  if (leaf_weight) set_leaf_weight(list, "blockIO.leafWeight", "", *leaf_weight);
  const std::string field = "blockIO.weightDevice";
  for (const oci::BlockWeight& d : block.devices) {
    const std::string device = fmt::format("{}:{} ", d.major, d.minor);
    if (!d.weight && !d.leaf_weight) list.reject(field, device + "has no weight");
    check_weight(list, field, d.weight);
    check_weight(list, field, d.leaf_weight);
    if (d.weight) set_weight(list, field, device, *d.weight);
    if (d.leaf_weight) set_leaf_weight(list, field, device, *d.leaf_weight);
  }
}

/// The controller of a v2 file; empty for "cgroup.…" and the like.
std::string controller_of(const std::string& file) {
  const std::string name = file.substr(0, file.find('.'));
  return name == "cgroup" ? "" : name;
}

void check_unified(const SettingList& list, const std::string& file, const std::string& field) {
  if (broken("SEC-16")) return;
  if (!is_name(file) || file.find('.') == std::string::npos)
    list.reject(field, "not the name of a control file");
  // The others move, stop or kill processes, or change what the group is.
  if (file.starts_with("cgroup.") && file != "cgroup.max.descendants" &&
      file != "cgroup.max.depth" && file != "cgroup.pressure")
    list.reject(field, "this file is the runtime's own");
  if (list.facts().unified.empty())
    list.refuse(field, "no cgroup v2 can be used: " + list.facts().unified_reason);
  const std::string controller = controller_of(file);
  const sys::Controller* known = list.facts().find(controller);
  if (known && known->version == 1)
    list.refuse(field, "cgroup controller " + controller + " is bound to cgroup v1");
}

}  // namespace

void add_block(SettingList& list, const oci::BlockLimits& block) {
  struct Kind {
    const std::vector<oci::BlockThrottle>& list;
    const char *field, *v2_key, *v1_file;
  };
  const Kind kinds[] = {
      {block.read_bps, "blockIO.throttleReadBpsDevice", "rbps", "blkio.throttle.read_bps_device"},
      {block.write_bps, "blockIO.throttleWriteBpsDevice", "wbps",
       "blkio.throttle.write_bps_device"},
      {block.read_iops, "blockIO.throttleReadIOPSDevice", "riops",
       "blkio.throttle.read_iops_device"},
      {block.write_iops, "blockIO.throttleWriteIOPSDevice", "wiops",
       "blkio.throttle.write_iops_device"}};
  add_weights(list, block);
  const bool v2 = list.v2("io");
  for (const Kind& kind : kinds)
    for (const oci::BlockThrottle& t : kind.list) {
      // v1 takes 0 for no limit.
      const std::string rate = v2 && t.rate == 0 ? "max" : fmt::format("{}", t.rate);
      list.add("io", kind.field, v2 ? "io.max" : kind.v1_file,
               v2 ? fmt::format("{}:{} {}={}", t.major, t.minor, kind.v2_key, rate)
                  : fmt::format("{}:{} {}", t.major, t.minor, rate));
    }
}

void add_hugepages(SettingList& list, const std::vector<oci::HugepageLimit>& limits) {
  const char* end = list.v2("hugetlb") ? "max" : "limit_in_bytes";
  for (const oci::HugepageLimit& limit : limits) {
    const std::string field = "hugepageLimits[" + limit.page_size + "]";
    if (!is_name(limit.page_size)) list.reject(field, "not a size like 2MB");
    const std::string value = fmt::format("{}", limit.limit), file = "hugetlb." + limit.page_size;
    list.add("hugetlb", field, fmt::format("{}.{}", file, end), value);
    // Of reservations, Linux 5.7.
    list.add("hugetlb", field, fmt::format("{}.rsvd.{}", file, end), value).optional = true;
  }
}

void add_rdma(SettingList& list, const std::map<std::string, oci::RdmaLimit>& limits) {
  for (const auto& [device, limit] : limits) {
    const std::string field = "rdma[" + device + "]";
    if (!is_name(device)) list.reject(field, "not the name of a device");
    if (!limit.handles && !limit.objects) list.reject(field, "neither hcaHandles nor hcaObjects");
    std::string value = device;
    if (limit.handles) value += fmt::format(" hca_handle={}", *limit.handles);
    if (limit.objects) value += fmt::format(" hca_object={}", *limit.objects);
    list.add("rdma", field, "rdma.max", value);
  }
}

void add_network(SettingList& list, const oci::NetworkLimits& network) {
  if (network.class_id)
    list.add("net_cls", "network.classID", "net_cls.classid", fmt::format("{}", *network.class_id));
  for (const auto& [interface, priority] : network.priorities) {
    if (!is_name(interface)) list.reject("network.priorities", "not the name of an interface");
    list.add("net_prio", "network.priorities", "net_prio.ifpriomap",
             fmt::format("{} {}", interface, priority));
  }
}

void add_unified(SettingList& list, const std::map<std::string, std::string>& unified) {
  for (const auto& [file, value] : unified) {
    const std::string field = "unified[" + file + "]";
    check_unified(list, file, field);
    // The kernel takes one line at a time.
    std::vector<std::string_view> each = sys::lines(value);
    if (each.empty()) each.push_back(value);
    for (const std::string_view line : each)
      list.add_file(controller_of(file), field, file, std::string(line));
  }
}

}  // namespace containerlib::sandbox
