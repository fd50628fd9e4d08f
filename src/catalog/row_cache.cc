#include "catalog/row_cache.h"

#include <utility>

namespace tonearm::catalog {
namespace {

std::size_t bytes_of(std::string_view id, const RowCache::Row& row) {
  constexpr std::size_t entry = 64;
  if (!row) return entry + id.size();
  return entry + sizeof(Song) + 2 * id.size() + row->name.size() + row->artist.size() +
         row->thumbnail.size() + row->file.size() + row->content_type.size() +
         row->pcm_format.size();
}

}  // namespace

std::optional<RowCache::Row> RowCache::find(std::string_view id) {
  if (const auto found = young_.find(id); found != young_.end()) return found->second;
  const auto found = old_.find(id);
  if (found == old_.end()) return std::nullopt;
  Row row = std::move(found->second);
  old_.erase(found);
  insert(id, row);
  return row;
}

void RowCache::insert(std::string_view id, Row row) {
  const auto bytes = bytes_of(id, row);
  if (young_.size() >= most_rows || young_bytes_ + bytes > most_bytes) {
    old_ = std::exchange(young_, Generation());
    young_bytes_ = 0;
  }
  old_.erase(std::string(id));
  if (bytes > most_bytes) return;
  young_bytes_ += bytes;
  young_.insert_or_assign(std::string(id), std::move(row));
}

void RowCache::clear() {
  young_.clear();
  old_.clear();
  young_bytes_ = 0;
}

}  // namespace tonearm::catalog
