// Compressed layers: gzip, zstd, or neither. The first byte says in which pieces the others come.
#include "archive/source.hpp"

#include "fuzz/fuzz.hpp"

using namespace containerlib::archive;

namespace {

class Pieces : public Source {
 public:
  Pieces(std::string_view data, std::size_t size) : data_(data), size_(size) {}
  std::string_view next() override {
    piece_ = std::make_unique<std::string>(data_.substr(0, size_));
    data_.remove_prefix(piece_->size());
    return *piece_;
  }

 private:
  std::string_view data_;
  std::size_t size_;
  std::unique_ptr<std::string> piece_;
};

}  // namespace

void fuzz::one(std::string_view input) {
  if (input.empty()) return;
  const std::size_t piece = std::size_t{1} + static_cast<unsigned char>(input[0]);
  input.remove_prefix(1);
  Limits limits;
  limits.total_size = 4 << 20;
  limits.ratio_free = 64 << 10;
  accepted([&] {
    Pieces pieces(input, piece);
    PeekedSource peeked(pieces);
    const auto inflated = inflate(peeked, peeked.compression(), limits, "a test");
    std::uint64_t size = 0;
    for (std::string_view data; !(data = inflated->next()).empty();) size += data.size();
    require(size <= limits.total_size, "no more is inflated than the limit");
    require(size <= limits.ratio_free + limits.ratio * input.size() + buffer_size,
            "no more is inflated than the ratio");
    require(inflated->next().empty(), "the end stays the end");
  });
}
