#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tonearm::app {

/// A media file below files.root.
struct MediaFile {
  std::string path;     ///< Without symbolic links.
  std::string given;    ///< As its user came to it, for complaints.
  std::string locator;  ///< `file:` and its name below files.root.
  std::int64_t size = 0;
  std::int64_t modified = 0;  ///< Nanoseconds since the epoch.
};

/// Finds media files below files.root. A file that is reached by several ways is found once: its
/// name is the one without symbolic links, under which it is also served.
class MediaFinder {
 public:
  /// Told what could not be looked at, and why.
  using Complain = std::function<void(const std::string& path, const std::string& why)>;

  /// Whether to look no further.
  using IsStopped = std::function<bool()>;

  /// `root`: files.root, without symbolic links.
  MediaFinder(std::filesystem::path root, Complain complain, IsStopped is_stopped);

  /// A file, or all media files below a directory, in the order of their names.
  void add(const std::filesystem::path& path);
  /// The locator of an existing file; empty when it lies outside of the root.
  std::string locator_of(const std::filesystem::path& path) const;

  std::vector<MediaFile> take() { return std::move(files_); }

 private:
  void add_directory(const std::filesystem::path& directory);
  void add_entry(const std::filesystem::path& path);
  void add_file(const std::filesystem::path& path, bool named);
  /// Whether a directory is neither the root nor below it.
  bool leads_out(const std::filesystem::path& link) const;
  void complain_outside(const std::filesystem::path& path) const;

  std::filesystem::path root_;
  Complain complain_;
  IsStopped is_stopped_;
  std::vector<MediaFile> files_;
  std::set<std::string> found_;                                ///< Their locators.
  std::set<std::pair<std::uint64_t, std::uint64_t>> entered_;  ///< Device and inode.
};

}  // namespace tonearm::app
