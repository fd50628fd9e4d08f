#include "app/media_files.h"

#include "app/media_tags.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <system_error>

namespace tonearm::app {

namespace fs = std::filesystem;

namespace {

/// By its name. Such files are no media though they may be called so: macOS keeps the attributes of
/// song.mp3 in ._song.mp3 where a disk has no room for them.
bool is_hidden(const fs::path& path) { return path.filename().native().starts_with('.'); }

}  // namespace

MediaFinder::MediaFinder(const fs::path& root, Complain complain)
    : root_(fs::canonical(root)), complain_(std::move(complain)) {}

std::string MediaFinder::locator_of(const fs::path& path) const {
  std::error_code failed;
  const std::string real = fs::canonical(path, failed).string();
  const std::string prefix = root_ == "/" ? "/" : root_.string() + "/";
  if (failed || !real.starts_with(prefix)) return {};
  return "file:" + real.substr(prefix.size());
}

void MediaFinder::add(const fs::path& path) {
  std::error_code failed;
  const auto status = fs::status(path, failed);
  if (failed) return complain_(path.string(), failed.message());
  if (fs::is_directory(status)) return add_directory(path);
  if (fs::is_regular_file(status)) return add_file(path, true);
  complain_(path.string(), "is neither a file nor a directory");
}

void MediaFinder::add_directory(const fs::path& directory) {
  struct stat found {};
  if (::stat(directory.c_str(), &found) != 0) {
    return complain_(directory.string(), std::generic_category().message(errno));
  }
  // Links may lead in circles.
  const auto identity = std::pair<std::uint64_t, std::uint64_t>(found.st_dev, found.st_ino);
  if (std::ranges::find(entered_, identity) != entered_.end()) return;
  entered_.push_back(identity);

  std::error_code failed;
  std::set<fs::path> entries;
  fs::directory_iterator entry(directory, failed);
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    if (!is_hidden(entry->path())) entries.insert(entry->path());
  }
  if (failed) complain_(directory.string(), failed.message());
  for (const fs::path& path : entries) {
    const auto status = fs::status(path, failed);
    if (fs::is_directory(status)) {
      add_directory(path);
    } else if (!media_type_of(path.string()).empty()) {
      if (fs::is_regular_file(status)) add_file(path, false);
      if (failed) complain_(path.string(), failed.message());
    }
  }
}

void MediaFinder::add_file(const fs::path& path, bool named) {
  if (media_type_of(path.string()).empty()) {
    if (named) complain_(path.string(), "is no audio or video by its name");
    return;
  }
  MediaFile file;
  file.locator = locator_of(path);
  if (file.locator.empty()) {
    return complain_(path.string(), "lies outside of files.root (" + root_.string() +
                                        "), so that it could not be served; move it there, or "
                                        "set files.root to a directory above it");
  }
  std::error_code failed;
  file.path = fs::canonical(path, failed).string();
  struct stat found {};
  if (::stat(file.path.c_str(), &found) != 0) {
    return complain_(path.string(), std::generic_category().message(errno));
  }
  constexpr std::int64_t second = 1'000'000'000;
  file.size = found.st_size;
  file.modified = found.st_mtim.tv_sec * second + found.st_mtim.tv_nsec;
  if (file.modified == 0) file.modified = 1;  // 0 says that there is no file
  files_.push_back(std::move(file));
}

}  // namespace tonearm::app
