#include "archive/choose.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "archive/image_names.hpp"
#include "base/error.hpp"
#include "oci/json.hpp"
#include "oci/media_type.hpp"

namespace containerlib::archive {
namespace {

constexpr int max_nesting = 4;
// Of all indexes of a layout together: a few that list each other many times are many entries.
constexpr std::size_t max_entries = 10'000;
constexpr std::uint64_t max_index_bytes = 64 << 20;

class Chooser {
 public:
  Chooser(const WantedPlatform& wanted, const ReadIndex& read) : wanted_(wanted), read_(read) {}

  void add(const oci::Descriptor& entry) {
    count(entry);
    std::string name = annotated_name(entry.annotations);
    auto group = std::find_if(groups_.begin(), groups_.end(),
                              [&](const Group& known) { return known.name == name; });
    if (group == groups_.end()) group = groups_.insert(groups_.end(), Group{name, {}});
    if (!oci::is_index(entry.media_type)) return group->candidates.push_back(entry);
    std::vector<oci::Descriptor> nested;
    flatten(entry, nested, 0);
    // One of them is the image, and its platform has been looked at.
    if (auto best = best_of(nested, 0)) group->candidates.push_back(*std::move(best));
  }

  std::vector<Chosen> run(const std::string& subject) {
    for (const Group& group : groups_) take(group);
    if (out_.empty()) throw_none(subject);
    return std::move(out_);
  }

 private:
  struct Group {
    std::string name;
    std::vector<oci::Descriptor> candidates;
  };

  void count(const oci::Descriptor& entry) {
    if (++entries_ > max_entries)
      oci::json::corrupt(entry.digest.text(),
                         "indexes with more than " + std::to_string(max_entries) + " entries");
  }

  const std::vector<oci::Descriptor>& entries_of(const oci::Descriptor& index) {
    auto [known, is_new] = indexes_.try_emplace(index.digest.text());
    if (is_new) {
      index_bytes_ += index.size;
      if (index_bytes_ > max_index_bytes)
        oci::json::corrupt(index.digest.text(),
                           "indexes of more than " + std::to_string(max_index_bytes) + " bytes");
      known->second = read_(index).manifests;
    }
    return known->second;
  }

  void flatten(const oci::Descriptor& index, std::vector<oci::Descriptor>& out, int depth) {
    if (depth == max_nesting)
      oci::json::corrupt(index.digest.text(), "indexes nested more than 4 deep");
    for (const oci::Descriptor& entry : entries_of(index)) {
      count(entry);
      if (oci::is_index(entry.media_type))
        flatten(entry, out, depth + 1);
      else
        out.push_back(entry);
    }
  }

  int score(const oci::Descriptor& candidate) {
    if (!candidate.platform) return 0;
    offered_.insert(candidate.platform->text());
    return oci::match(wanted_.platform, *candidate.platform);
  }

  /// `unstated`: what a candidate counts that tells no platform; of these the last is taken.
  std::optional<oci::Descriptor> best_of(const std::vector<oci::Descriptor>& candidates,
                                         int unstated) {
    if (candidates.size() == 1 && (!candidates[0].platform || !wanted_.explicitly))
      return candidates[0];
    const oci::Descriptor* best = nullptr;
    int best_score = 0;
    for (const oci::Descriptor& candidate : candidates) {
      int own = candidate.platform ? score(candidate) : unstated;
      bool later = best && own == best_score && !candidate.platform && !best->platform;
      if (own <= best_score && !later) continue;
      best = &candidate;
      best_score = own;
    }
    return best ? std::optional(*best) : std::nullopt;
  }

  void take(const Group& group) {
    if (!group.name.empty() || group.candidates.size() == 1) {
      if (auto best = best_of(group.candidates, 1)) take(*best, group.name);
      return;
    }
    int best_score = 1;
    for (const oci::Descriptor& candidate : group.candidates)
      best_score = std::max(best_score, score(candidate));
    for (const oci::Descriptor& candidate : group.candidates)
      if (!candidate.platform || score(candidate) == best_score) take(candidate, group.name);
  }

  void take(const oci::Descriptor& manifest, const std::string& name) {
    auto known = std::find_if(out_.begin(), out_.end(), [&](const Chosen& chosen) {
      return chosen.manifest.digest == manifest.digest;
    });
    if (known == out_.end()) known = out_.insert(out_.end(), Chosen{manifest, {}});
    if (!name.empty()) known->names.push_back(name);
  }

  [[noreturn]] void throw_none(const std::string& subject) {
    std::string there;
    for (const std::string& platform : offered_) there += (there.empty() ? "" : ", ") + platform;
    throw_error(Errc::image_not_found, "load image", subject,
                "nothing in it is for " + wanted_.platform.text() +
                    (there.empty() ? "" : "; there is " + there));
  }

  const WantedPlatform& wanted_;
  const ReadIndex& read_;
  std::size_t entries_ = 0;
  std::uint64_t index_bytes_ = 0;
  std::map<std::string, std::vector<oci::Descriptor>> indexes_;  ///< by digest
  std::vector<Group> groups_;
  std::set<std::string> offered_;
  std::vector<Chosen> out_;
};

}  // namespace

std::vector<Chosen> choose(const oci::ImageIndex& index, const WantedPlatform& wanted,
                           const ReadIndex& read, const std::string& subject) {
  Chooser chooser(wanted, read);
  for (const oci::Descriptor& entry : index.manifests) chooser.add(entry);
  return chooser.run(subject);
}

}  // namespace containerlib::archive
