#pragma once

#include <cstddef>
#include <string>

namespace tonearm::app {

/// What an import tells its user: a bar on a terminal's stderr while it works, a line on stderr for
/// everything that went wrong, a count on stdout at the end. Not thread-safe.
class ImportReport {
 public:
  explicit ImportReport(std::size_t total);

  void complain(const std::string& line);
  /// A line that is about no song.
  void tell(const std::string& line);
  /// One more of `total` is behind us.
  void advance();
  /// Takes the bar away and prints the count.
  void finish();

  std::size_t added = 0;
  std::size_t updated = 0;
  std::size_t unchanged = 0;
  std::size_t failed = 0;  ///< How often complain() was called.

  void set_total(std::size_t total) { total_ = total; }

 private:
  void draw() const;
  void wipe() const;

  const bool terminal_;
  std::size_t total_;
  std::size_t done_ = 0;
  std::size_t drawn_ = 0;  ///< In percent, so that it is drawn a hundred times at most.
};

}  // namespace tonearm::app
