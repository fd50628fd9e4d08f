#include "app/import_report.h"

#include "app/one_line.h"

#include <unistd.h>

#include <cstdio>

namespace tonearm::app {

ImportReport::ImportReport(std::size_t total)
    : terminal_(::isatty(STDERR_FILENO) != 0), total_(total) {}

void ImportReport::complain(const std::string& line) {
  ++failed;
  tell(line);
}

void ImportReport::tell(const std::string& line) {
  if (terminal_) wipe();
  std::fprintf(stderr, "tonearm: %s\n", one_line(line).c_str());
  if (terminal_) draw();
}

void ImportReport::advance() {
  ++done_;
  const std::size_t percent = total_ == 0 ? 100 : done_ * 100 / total_;
  if (!terminal_ || percent == drawn_) return;
  drawn_ = percent;
  draw();
}

void ImportReport::draw() const {
  if (total_ == 0) return;
  constexpr std::size_t width = 40;
  const std::size_t filled = done_ * width / total_;
  const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
  std::fprintf(stderr, "\r[%s] %zu/%zu", bar.c_str(), done_, total_);
  std::fflush(stderr);
}

void ImportReport::wipe() const { std::fputs("\r\x1b[K", stderr); }

void ImportReport::finish() {
  if (terminal_) wipe();
  std::printf("%zu added, %zu updated, %zu unchanged, %zu failed\n", added, updated, unchanged,
              failed);
}

}  // namespace tonearm::app
