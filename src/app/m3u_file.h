#pragma once

#include "tonearm/base/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace tonearm::app {

struct M3uFile {
  std::filesystem::path path;        ///< Where relative entries begin is its directory.
  std::string name;                  ///< `#PLAYLIST:`, else the file's own.
  std::vector<std::string> entries;  ///< As they stand, file:// URLs as paths.
};

/// Reads an M3U playlist, extended or not. The error's detail says why it cannot be read.
Result<M3uFile> read_m3u_file(const std::filesystem::path& path);

/// The same of its text, for a file of this path. Lines end as on any system, old Macs' too. UTF-16
/// is told by its byte order mark; a title that is no UTF-8 is Latin-1, as M3U was before M3U8.
M3uFile parse_m3u(std::string_view text, const std::filesystem::path& path);

/// What an entry that is no URL may call its file, the likeliest first: as it stands, with the
/// backslashes of Windows, percent-encoded, as VLC writes what lies beside the playlist, and both;
/// then the same of what is no UTF-8 as Latin-1.
std::vector<std::string> possible_names(const std::string& entry);

}  // namespace tonearm::app
