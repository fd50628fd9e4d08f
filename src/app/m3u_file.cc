#include "app/m3u_file.h"

#include "tonearm/base/ascii.h"
#include "tonearm/base/utf8.h"
#include "tonearm/io/whole_file.h"

#include "app/media_tags.h"
#include "app/percent_decoding.h"

#include <boost/algorithm/string/trim.hpp>

#include <taglib/tbytevector.h>
#include <taglib/tstring.h>

#include <algorithm>
#include <iterator>

namespace tonearm::app {

namespace {

std::string to_utf8(std::string_view text, TagLib::String::Type encoding) {
  const TagLib::ByteVector bytes(text.data(), static_cast<unsigned>(text.size()));
  return TagLib::String(bytes, encoding).to8Bit(true);
}

bool is_utf16(std::string_view text) {
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
}

}  // namespace

M3uFile parse_m3u(std::string_view text, const std::filesystem::path& path) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  constexpr std::string_view title = "#PLAYLIST:";
  if (is_utf16(text)) return parse_m3u(to_utf8(text, TagLib::String::UTF16), path);
  M3uFile file;
  file.path = path;
  file.name = title_from_name(path.filename().string());
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of("\r\n"), text.size());
    std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    boost::algorithm::trim_if(line, boost::algorithm::is_any_of(" \t"));
    if (line.starts_with(title)) {
      const std::string name = boost::algorithm::trim_copy(line.substr(title.size()));
      if (!name.empty()) file.name = is_utf8(name) ? name : to_utf8(name, TagLib::String::Latin1);
    }
    if (line.empty() || line.starts_with('#')) continue;
    if (istarts_with(line, "file://")) {
      line = percent_decoded(
          line.substr(line.find('/', 7) == std::string::npos ? line.size() : line.find('/', 7)));
    }
    file.entries.push_back(std::move(line));
  }
  return file;
}

std::vector<std::string> possible_names(const std::string& entry) {
  std::string with_slashes = entry;
  std::ranges::replace(with_slashes, '\\', '/');
  std::vector<std::string> names{entry, with_slashes, percent_decoded(entry),
                                 percent_decoded(with_slashes)};
  if (is_utf8(entry)) return names;
  std::ranges::move(possible_names(to_utf8(entry, TagLib::String::Latin1)),
                    std::back_inserter(names));
  return names;
}

Result<M3uFile> read_m3u_file(const std::filesystem::path& path) {
  std::string text;
  if (const auto complaint = io::read_whole_file(path, io::Reading::once, text)) {
    return Error{ErrorKind::internal, *complaint, {}};
  }
  return parse_m3u(text, path);
}

}  // namespace tonearm::app
