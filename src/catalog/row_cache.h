#pragma once

#include "tonearm/catalog/song.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tonearm::catalog {

/// What was found for ids that were asked, null for those that are not there. Bounded: in two
/// generations, the older of which is dropped when the younger is full. Knows nothing of whether a
/// row is current.
class RowCache {
 public:
  using Row = std::shared_ptr<const Song>;

  /// Of a generation; there are two.
  static constexpr std::size_t most_rows = 2048;
  static constexpr std::size_t most_bytes = 4 << 20;

  std::optional<Row> find(std::string_view id);
  void insert(std::string_view id, Row row);
  void clear();
  std::size_t size() const { return young_.size() + old_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view id) const { return std::hash<std::string_view>{}(id); }
  };
  using Generation = std::unordered_map<std::string, Row, Hash, std::equal_to<>>;

  Generation young_;
  Generation old_;
  std::size_t young_bytes_ = 0;
};

}  // namespace tonearm::catalog
