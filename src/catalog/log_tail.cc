#include "catalog/log_tail.h"

#include "catalog/sqlite_handles.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <istream>
#include <optional>

namespace tonearm::catalog {
namespace {

using Salt = std::array<char, 8>;

/// What stands at the beginning of the index, twice (the SQLite WAL format, §2.1).
struct IndexHeader {
  std::uint32_t version;
  std::uint32_t unused;
  std::uint32_t change;
  std::uint8_t is_initialised;
  std::uint8_t big_endian_checksums;
  std::uint16_t page_size;  ///< 1 for 65536.
  std::uint32_t frames;     ///< That count.
  std::uint32_t pages;
  std::uint32_t frame_checksum[2];
  Salt salt;  ///< As it stands in the log.
  std::uint32_t checksum[2];
};
static_assert(sizeof(IndexHeader) == 48);

/// The index's first region as SQLite has mapped it; null when no writer has the log open, so that
/// whoever comes has to write to it first.
const volatile void* mapped_index(sqlite3* connection) {
  sqlite3_file* const file = file_of(connection);
  if (file == nullptr || file->pMethods->iVersion < 2) return nullptr;
  constexpr int region_size = 32 * 1024;
  volatile void* region = nullptr;
  file->pMethods->xShmMap(file, 0, region_size, 0, &region);
  return region;
}

/// The salt at `offset`; none where the log is shorter.
std::optional<Salt> salt_at(std::istream& log, std::streamoff offset) {
  Salt salt{};
  log.clear();
  log.seekg(offset);
  if (!log.read(salt.data(), salt.size())) return std::nullopt;
  return salt;
}

/// The first half, big-endian: whoever begins a log anew counts it up, in the index first.
std::uint32_t generation(const Salt& salt) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8U | static_cast<unsigned char>(salt[i]);
  return number;
}

/// Whether a frame that belongs to the log stands behind those that count.
bool goes_on(const std::string& wal, const IndexHeader& header) {
  constexpr std::streamoff log_header = 32;
  constexpr std::streamoff salt_in_log_header = 16;
  constexpr std::streamoff frame_header = 24;
  constexpr std::streamoff salt_in_frame_header = 8;
  const std::streamoff page = header.page_size == 1 ? 65536 : header.page_size;
  std::ifstream log(wal, std::ios::binary);
  const auto next =
      salt_at(log, log_header + header.frames * (frame_header + page) + salt_in_frame_header);
  if (!next || header.frames > 0) return next == header.salt;
  // Of the first commit the index may not know the salt.
  const auto current = salt_at(log, salt_in_log_header);
  return current && next == current && generation(*current) + 1 != generation(header.salt);
}

}  // namespace

bool has_commit_under_way(sqlite3* connection, const std::string& wal) {
  const volatile void* const index = mapped_index(connection);
  if (index == nullptr) return false;
  std::array<IndexHeader, 2> headers{};
  std::memcpy(headers.data(), const_cast<const void*>(index), sizeof(headers));
  const auto& header = headers[0];
  if (std::memcmp(&headers[0], &headers[1], sizeof(header)) != 0) return true;
  return goes_on(wal, header);
}

}  // namespace tonearm::catalog
