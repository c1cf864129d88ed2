#include "api/impl.hpp"

CONTAINERLIB_BEGIN_NAMESPACE

LogReader::LogReader(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
LogReader::LogReader(LogReader&&) noexcept = default;
LogReader& LogReader::operator=(LogReader&&) noexcept = default;
LogReader::~LogReader() = default;

bool LogReader::next(LogLine& line) { return impl_->file.next(line); }

CONTAINERLIB_END_NAMESPACE
