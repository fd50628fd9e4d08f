#include "app/media_files.h"

#include "app/media_tags.h"

#include <sys/stat.h>

#include <system_error>

namespace tonearm::app {

namespace fs = std::filesystem;

namespace {

/// By its name. Such files are no media though they may be called so: macOS keeps the attributes of
/// song.mp3 in ._song.mp3 where a disk has no room for them.
bool is_hidden(const fs::path& path) { return path.filename().native().starts_with('.'); }

}  // namespace

MediaFinder::MediaFinder(fs::path root, Complain complain, IsStopped is_stopped)
    : root_(std::move(root)), complain_(std::move(complain)), is_stopped_(std::move(is_stopped)) {}

std::string MediaFinder::locator_of(const fs::path& path) const {
  std::error_code failed;
  const std::string real = fs::canonical(path, failed).string();
  const std::string prefix = root_ == "/" ? "/" : root_.string() + "/";
  if (failed || !real.starts_with(prefix)) return {};
  return "file:" + real.substr(prefix.size());
}

bool MediaFinder::leads_out(const fs::path& link) const {
  std::error_code failed;
  return fs::canonical(link, failed) != root_ && locator_of(link).empty();
}

void MediaFinder::complain_outside(const fs::path& path) const {
  complain_(path.string(), "lies outside of files.root (" + root_.string() +
                               "), so that it could not be served; move it there, or set "
                               "files.root to a directory above it");
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
  if (!entered_.emplace(found.st_dev, found.st_ino).second) return;

  std::error_code failed;
  std::set<fs::path> entries;
  fs::directory_iterator entry(directory, failed);
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    if (is_stopped_()) return;
    if (!is_hidden(entry->path())) entries.insert(entry->path());
  }
  if (failed) complain_(directory.string(), failed.message());
  for (const fs::path& path : entries) {
    if (is_stopped_()) return;
    add_entry(path);
  }
}

void MediaFinder::add_entry(const fs::path& path) {
  std::error_code failed;
  const auto status = fs::status(path, failed);
  const bool is_media = !media_type_of(path.string()).empty();
  if (failed) {
    // A link to nowhere is nothing that was lost; anything else may be a directory of songs.
    const bool leads_nowhere = failed == std::errc::no_such_file_or_directory ||
                               failed == std::errc::too_many_symbolic_link_levels;
    if (is_media || !leads_nowhere) complain_(path.string(), failed.message());
  } else if (fs::is_directory(status)) {
    // One to / would be the whole system.
    if (fs::is_symlink(path, failed) && leads_out(path)) return complain_outside(path);
    add_directory(path);
  } else if (is_media && fs::is_regular_file(status)) {
    add_file(path, false);
  }
}

void MediaFinder::add_file(const fs::path& path, bool named) {
  if (media_type_of(path.string()).empty()) {
    if (named) complain_(path.string(), "is no audio or video by its name");
    return;
  }
  MediaFile file;
  file.locator = locator_of(path);
  if (file.locator.empty()) return complain_outside(path);
  if (!found_.insert(file.locator).second) return;
  std::error_code failed;
  file.path = fs::canonical(path, failed).string();
  file.given = path.string();
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
